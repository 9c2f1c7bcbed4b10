select current_user::text as role,
       r.rolsuper as superuser,
       r.rolcreaterole as may_create_roles,
       has_database_privilege(current_database(), 'create') as may_create,
       current_setting('transaction_read_only')::boolean as read_only,
       d.oid is not null as schema_dbml,
       s.oid is not null as schema_scorer,
       v.oid is not null as version_table,
       -- A schema that somebody else made beforehand is not dbml's, whatever stands in it.
       coalesce(pg_get_userbyid(d.nspowner) = 'dbml_owner'
                and pg_get_userbyid(s.nspowner) = 'dbml_owner'
                and pg_get_userbyid(v.relowner) = 'dbml_owner', false) as own,
       exists (select from pg_class c where c.relnamespace = d.oid and c.relname = 'version_signature') as has_signatures,
       exists (select from pg_available_extensions where name = 'plpython3u') as plpython_available,
       exists (select from pg_extension where extname = 'plpython3u') as plpython_created
  from pg_roles r
  left join pg_namespace d on d.nspname = 'dbml'
  left join pg_namespace s on s.nspname = 'dbml_scorer'
  left join pg_class v on v.relnamespace = d.oid and v.relname = 'alembic_version'
 where r.rolname = current_user
