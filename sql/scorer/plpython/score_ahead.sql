create or replace function dbml._score_ahead(
  fingerprint text, engine text, numbers float8[], texts text[], profile integer, entity text[]
) returns float8
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 10000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score_ahead")
return SD["run"](plpy, fingerprint, engine, numbers, texts, profile, entity)
$$;
comment on function dbml._score_ahead(text, text, float8[], text[], integer, text[]) is
  'Scores one stored row; a query that goes on asking has the rows after it scored in the same call.';
