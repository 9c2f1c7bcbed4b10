create or replace function dbml._waiting(profile integer, depth integer, statement timestamptz) returns text
language plpython3u
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("waiting")
return SD["run"]((profile, depth, statement))
$$;
comment on function dbml._waiting(integer, integer, timestamptz) is
  'The entities that wait for the end of a statement, as a JSON array of keys, and no longer do; NULL for none.';
