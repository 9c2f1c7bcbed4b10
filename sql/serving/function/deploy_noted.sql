create or replace function dbml.deploy(model text, version integer, note text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  scored bigint := dbml.deploy(model, version);
begin
  -- deploy() holds the model's lock: the newest deployment is this one.
  update dbml.deployment d
     set note = deploy.note
   where d.id = (select max(l.id) from dbml.deployment l where l.model = deploy.model)
     and deploy.note is not null;
  return scored;
end
$$;
comment on function dbml.deploy(text, integer, text) is 'The same, with the reason why, for dbml.deployment_history.';
