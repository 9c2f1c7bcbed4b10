create or replace function dbml._score_rows(fingerprint text, engine text, count integer, numbers bytea[], texts text[]) returns text
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score_rows")
return SD["run"](plpy, fingerprint, engine, count, numbers, texts)
$$;
comment on function dbml._score_rows(text, text, integer, bytea[], text[]) is
  'Scores many rows: a column of numbers is the float8send of each in turn. The answer is an array of float8 as text, which '
  'PL/Python makes faster than an array; NULL for a row that is refused.';
