-- Everything of dbml belongs to dbml_owner, whoever installed it, and PUBLIC may call none of it.
do $$
declare
  object record;
begin
  for object in
    select format('schema %I', nspname) as name from pg_catalog.pg_namespace
     where nspname in ('dbml', 'dbml_scorer') and nspowner <> 'dbml_owner'::regrole
    union all
    select format('%s %s', case relkind when 'v' then 'view' else 'table' end, oid::regclass)
      from pg_catalog.pg_class
     where relnamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and relkind in ('r', 'v') and relowner <> 'dbml_owner'::regrole
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
     where pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and proowner <> 'dbml_owner'::regrole
  loop
    execute 'alter ' || object.name || ' owner to dbml_owner';
  end loop;
end
$$;
-- What dbml_owner needs of the tables that are attached; a dump restored without privileges has lost it.
do $$
declare
  attached record;
begin
  for attached in
    select p.relation, 'select, update' as rights from dbml.profile p
     where not (has_table_privilege('dbml_owner', p.relation, 'select') and has_table_privilege('dbml_owner', p.relation, 'update'))
    union all
    select e.relation, 'select' from dbml.event e where not has_table_privilege('dbml_owner', e.relation, 'select')
  loop
    execute format('grant %s on %s to dbml_owner', attached.rights, attached.relation);
  end loop;
  for attached in
    select distinct c.relnamespace::regnamespace as schema
      from pg_catalog.pg_class c
     where c.oid in (select p.relation from dbml.profile p union all select e.relation from dbml.event e)
       and not has_schema_privilege('dbml_owner', c.relnamespace, 'usage')
  loop
    execute format('grant usage on schema %s to dbml_owner', attached.schema);
  end loop;
end
$$;
-- Rights begin from nothing: an administrator's default privileges would give the new tables and functions to others. What
-- is generated for a table keeps those of dbml_analyst, because it is not generated again.
do $$
declare
  granted record;
begin
  for granted in
    select distinct o.object, case g.grantee when 0 then 'public' else quote_ident(g.grantee::regrole::text) end as grantee
      from (select format('schema %I', n.nspname) as object, n.nspacl as acl, n.nspowner as owner, false as generated
              from pg_catalog.pg_namespace n
             where n.nspname in ('dbml', 'dbml_scorer')
            union all
            select format('%s %s', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass), c.relacl, c.relowner, false
              from pg_catalog.pg_class c
             where c.relnamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and c.relkind in ('r', 'p', 'v', 'S')
            union all
            select format('function %s', p.oid::regprocedure), p.proacl, p.proowner,
                   p.pronamespace = 'dbml_scorer'::regnamespace or p.proname = 'score'
              from pg_catalog.pg_proc p
             where p.pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)) as o
     cross join lateral pg_catalog.aclexplode(o.acl) g
     where g.grantee <> o.owner
       and not (o.generated and g.grantee = 'dbml_analyst'::regrole)
  loop
    execute format('revoke all on %s from %s cascade', granted.object, granted.grantee);
  end loop;
end
$$;
revoke all on all functions in schema dbml, dbml_scorer from public;
revoke all on type dbml.scorer from public;
revoke all on schema dbml, dbml_scorer from public;
-- What dbml_owner generates later starts closed as well.
alter default privileges for role dbml_owner revoke execute on functions from public;
