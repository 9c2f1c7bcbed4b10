create or replace function dbml._verify_python(
  model text, version integer,
  out rows integer, out differing integer, out largest_difference float8, out worst_row integer, out error text
)
language plpython3u
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("verify")
return SD["run"](plpy, model, version)
$$;
comment on function dbml._verify_python(text, integer) is
  'Scores a version''s golden rows in this server and compares with the estimator''s own answers.';
