grant usage on schema dbml, dbml_scorer to dbml_analyst, dbml_deployer;
grant dbml_analyst to dbml_deployer;
grant select on dbml.model, dbml.status, dbml.deployment_history, dbml.trusted_key to dbml_analyst;
grant execute on function dbml.score(text, jsonb) to dbml_analyst;
grant execute on function dbml.deploy(text, integer), dbml.deploy(text, integer, text), dbml.rollback(text), dbml.rescore(text), dbml.rescore_due() to dbml_deployer;
grant execute on function dbml._start_rescore(text, boolean) to dbml_deployer;
grant execute on function dbml._rescore_batch(integer, text, text[], integer, boolean, boolean) to dbml_deployer;
grant execute on function dbml.verify(text, integer), dbml.compare(text, integer, integer) to dbml_deployer;
-- score() is inlined into the caller's query, so the caller needs what the expression calls: arithmetic only.
do $$
declare
  needed regprocedure;
begin
  for needed in
    select p.oid from pg_catalog.pg_proc p
     where p.pronamespace = 'dbml'::regnamespace and (p.proname like '\_ieee\_%' or p.proname = '_refuse')
  loop
    execute format('grant execute on function %s to dbml_analyst', needed);
  end loop;
end
$$;
