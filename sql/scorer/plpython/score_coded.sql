create or replace function dbml._score_coded(
  fingerprint text, engine text, words text, count integer, numbers bytea[], texts text[]
) returns text
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score_rows")
return SD["run"](plpy, fingerprint, engine, count, numbers, texts, words)
$$;
comment on function dbml._score_coded(text, text, text, integer, bytea[], text[]) is
  'Does as _score_rows() where texts come as codes, behind the numbers: _as_codes() says which words they stand for.';
