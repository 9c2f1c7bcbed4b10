create or replace function dbml._verify_signature(model text, version integer) returns void
language plpython3u
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("verify_signature")
SD["run"](plpy, model, version)
$$;
comment on function dbml._verify_signature(text, integer) is 'Refuses a version that no trusted key has signed as it stands.';
