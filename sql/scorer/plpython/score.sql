create or replace function dbml._score_python(fingerprint text, numbers float8[], texts text[]) returns float8
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score")
return SD["run"](plpy, fingerprint, numbers, texts)
$$;
comment on function dbml._score_python(text, float8[], text[]) is 'Scores one row with a stored artifact.';
