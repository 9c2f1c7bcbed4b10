-- What is generated for a table, or made by rotating the log, comes and goes: it is not among what an installation fixes.
create or replace function dbml._rights() returns table (object text, grantee text, privilege text)
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with object as (
    select format('schema %s', n.nspname) as name, n.nspacl as acl, n.nspowner as owner
      from pg_namespace n
     where n.nspname in ('dbml', 'dbml_scorer')
    union all
    select format('%s %s', case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, c.oid::regclass),
           c.relacl, c.relowner
      from pg_class c
     where c.relnamespace = 'dbml'::regnamespace and c.relkind in ('r', 'p', 'v', 'S') and c.relname !~ '^log_[0-9]+$'
    union all
    select format('function %s', p.oid::regprocedure), p.proacl, p.proowner
      from pg_proc p
     where p.pronamespace = 'dbml'::regnamespace and not (p.proname = 'score' and p.proargtypes[1] not in ('jsonb'::regtype, 'text'::regtype, 'record'::regtype))
  )
  select o.name, pg_get_userbyid(o.owner)::text, 'owner' from object o
  union all
  select o.name, case g.grantee when 0 then 'public' else pg_get_userbyid(g.grantee)::text end, lower(g.privilege_type)
    from object o
   cross join lateral aclexplode(coalesce(o.acl, case when o.name like 'function %' then acldefault('f', o.owner) end)) g
   where g.grantee <> o.owner
$$;
comment on function dbml._rights() is
  'Who owns what of dbml in this database, and who else may do what with it. Installing keeps the answer for dbml doctor.';
