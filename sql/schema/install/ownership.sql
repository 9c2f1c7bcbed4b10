-- Everything of dbml belongs to dbml_owner, whoever installed it, and PUBLIC may call none of it.
do $$
declare
  object record;
begin
  for object in
    select format('schema %I', nspname) as name from pg_catalog.pg_namespace
     where nspname in ('dbml', 'dbml_scorer') and nspowner <> 'dbml_owner'::regrole
    union all
    select format('%s dbml.%I', case relkind when 'v' then 'view' else 'table' end, relname)
      from pg_catalog.pg_class
     where relnamespace = 'dbml'::regnamespace and relkind in ('r', 'v') and relowner <> 'dbml_owner'::regrole
    union all
    -- Those of identity columns go with their tables.
    select format('sequence dbml.%I', relname)
      from pg_catalog.pg_class c
     where relnamespace = 'dbml'::regnamespace and relkind = 'S' and relowner <> 'dbml_owner'::regrole
       and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i'))
    union all
    select format('type dbml.%I', t.typname)
      from pg_catalog.pg_type t join pg_catalog.pg_class c on c.oid = t.typrelid and c.relkind = 'c'
     where t.typnamespace = 'dbml'::regnamespace and t.typowner <> 'dbml_owner'::regrole
    union all
    select format('function %s', oid::regprocedure) from pg_catalog.pg_proc
     where pronamespace = 'dbml'::regnamespace and proowner <> 'dbml_owner'::regrole
  loop
    execute 'alter ' || object.name || ' owner to dbml_owner';
  end loop;
end
$$;
revoke all on all functions in schema dbml, dbml_scorer from public;
revoke all on type dbml.scorer from public;
revoke all on schema dbml, dbml_scorer from public;
-- What dbml_owner generates later starts closed as well.
alter default privileges for role dbml_owner revoke execute on functions from public;
