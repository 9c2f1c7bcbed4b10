grant usage on schema dbml, dbml_scorer to dbml_analyst, dbml_deployer;
grant dbml_analyst to dbml_deployer;
grant select on dbml.model, dbml.status to dbml_analyst;
grant execute on function dbml.score(text, jsonb) to dbml_analyst;
grant execute on function dbml.deploy(text, integer), dbml.rescore(text) to dbml_deployer;
-- They only compute, and are part of expressions that the planner inlines into queries of any reader.
do $$
declare
  object record;
begin
  for object in
    select oid::regprocedure as name from pg_catalog.pg_proc
     where pronamespace = 'dbml'::regnamespace and (starts_with(proname, '_ieee_') or proname = '_refuse')
  loop
    execute format('grant execute on function %s to dbml_analyst', object.name);
  end loop;
end
$$;
