select c.oid::regclass::text as relation
  from pg_class c
 where c.oid = any (%(tables)s::oid[])
   and c.relrowsecurity
   and not exists (select from pg_roles r where r.rolname = 'dbml_owner' and (r.rolbypassrls or r.rolsuper))
