create or replace function dbml._compile_runtime() returns void
language plpython3u
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
plpy.execute("select dbml._load_runtime()")
__import__("@runtime@.compiled", fromlist=["store_runtime"]).store_runtime(plpy)
$$;
comment on function dbml._compile_runtime() is 'Compiles what a score needs of the runtime for this server''s Python and keeps the code.';
