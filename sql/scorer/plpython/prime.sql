create or replace function dbml._prime(fingerprint text, engine text, numbers float8[], texts text[]) returns integer
language plpython3u
stable
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("prime")
return SD["run"](plpy, fingerprint, engine, numbers, texts)
$$;
comment on function dbml._prime(text, text, float8[], text[]) is
  'Scores many rows in one vectorised call and remembers the answers for the rows'' own calls; returns their number.';
