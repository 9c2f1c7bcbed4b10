-- By the catalog alone: naming dbml's tables would fail for whom the schema is closed.
select coalesce(bool_and(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')), false) as may
  from pg_namespace n
  join pg_class c on c.relnamespace = n.oid
 where n.nspname = 'dbml' and c.relname in ('profile', 'prediction', 'event', 'model')
