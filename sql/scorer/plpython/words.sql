create or replace function dbml._words(fingerprint text) returns json
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("words")
return SD["run"](plpy, fingerprint)
$$;
comment on function dbml._words(text) is
  'Of each text of a version of the engine portable the words that it is compared with, null where the text itself matters.';
