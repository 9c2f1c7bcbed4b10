create or replace function dbml._deploy_by_migration(
  model text, version integer, note text, changes text[], rescore boolean
) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml.deploy(model, version, note, changes);
  perform dbml._mark_deployment(model, 'deployed');
  return case when rescore then dbml.rescore(model) else 0 end;
end
$$;
comment on function dbml._deploy_by_migration(text, integer, text, text[], boolean) is
  'Makes a version serve until the migration is undone, and scores every row on demand; returns the rows scored.';

create or replace function dbml._mark_deployment(model text, migration text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  -- Whoever has just deployed holds the model's lock: the newest deployment is his.
  update dbml.deployment d
     set migration = _mark_deployment.migration
   where d.id = (select max(l.id) from dbml.deployment l where l.model = _mark_deployment.model)
$$;
comment on function dbml._mark_deployment(text, text) is 'Says what the newest deployment of a model is to migrations.';
