create or replace function dbml._compile(fingerprint text) returns void
language plpython3u
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.compiled", fromlist=["store"]).store
SD["run"](plpy, fingerprint)
$$;
comment on function dbml._compile(text) is 'Compiles a stored plan for this server''s Python and keeps the code.';
