create or replace function dbml._plan(model text, version integer) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select v.plan::text from dbml.model_version v where v.model = _plan.model and v.version = _plan.version
$$;
comment on function dbml._plan(text, integer) is 'The plan of a version as it was stored; NULL where it has none.';
