do $$
begin
  -- A dbml of before has no such function.
  if pg_catalog.to_regprocedure('dbml._hold(text)') is not null then
    perform dbml._hold('installing');
  end if;
end
$$;
drop schema dbml_scorer cascade;
drop schema dbml cascade;
alter default privileges for role dbml_owner grant execute on functions to public;
do $$
declare
  unwanted text;
begin
  foreach unwanted in array array['dbml_deployer', 'dbml_analyst', 'dbml_owner'] loop
    begin
      execute format('drop owned by %I', unwanted);
      execute format('drop role %I', unwanted);
    exception when dependent_objects_still_exist or insufficient_privilege or undefined_object then
      -- Another database of this cluster still has a dbml.
      null;
    end;
  end loop;
end
$$;
