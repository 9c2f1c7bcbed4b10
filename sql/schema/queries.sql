-- name: installation
-- What is there of dbml in this database, and what the role that asks may do.
select current_user::text as role,
       r.rolsuper as superuser,
       r.rolcreaterole as may_create_roles,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as may_create,
       pg_catalog.current_setting('transaction_read_only')::boolean as read_only,
       d.oid is not null as schema_dbml,
       s.oid is not null as schema_scorer,
       v.oid is not null as version_table,
       -- A schema that somebody else made beforehand is not dbml's, whatever stands in it.
       coalesce(pg_catalog.pg_get_userbyid(d.nspowner) = 'dbml_owner'
                and pg_catalog.pg_get_userbyid(s.nspowner) = 'dbml_owner'
                and pg_catalog.pg_get_userbyid(v.relowner) = 'dbml_owner', false) as own,
       -- A dump restored without owners belongs to whoever restored it.
       coalesce(d.nspowner = r.oid and s.nspowner = r.oid and v.relowner = r.oid, false)
         and pg_catalog.to_regclass('dbml.setting') is not null as restored,
       exists (select from pg_class c where c.relnamespace = d.oid and c.relname = 'version_signature') as has_signatures,
       exists (select from pg_available_extensions where name = 'plpython3u') as plpython_available,
       exists (select from pg_extension where extname = 'plpython3u') as plpython_created
  from pg_roles r
  left join pg_namespace d on d.nspname = 'dbml'
  left join pg_namespace s on s.nspname = 'dbml_scorer'
  left join pg_class v on v.relnamespace = d.oid and v.relname = 'alembic_version'
 where r.rolname = current_user;

-- name: revision
-- The revision at which the schema dbml's tables stand.
select version_num from dbml.alembic_version;

-- name: may_ask_release
-- Whether the role that asks may ask which release is installed.
select coalesce(pg_catalog.has_schema_privilege('dbml', 'usage')
                and pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('dbml._release()'), 'execute'), false) as may;

-- name: release
-- Which code and which revision are installed.
select r.code, r.revision from dbml._release() r;

-- name: settings
-- Every setting that the owner has made.
select name, value from dbml.setting;

-- name: save_setting
-- Makes a setting.
insert into dbml.setting (name, value)
values (%(name)s, %(value)s)
on conflict (name) do update set value = excluded.value;

-- name: limits
-- Bytes that a model's file, what it unfolds to, and its plan may have.
select * from dbml._limits();

-- name: has_plpython
-- Whether the engines portable and python can run here.
select pg_catalog.to_regprocedure('dbml._score_python(text, float8[], text[])') is not null as has_plpython;

-- name: is_superuser
-- Whether the role that asks is a superuser.
select rolsuper as superuser from pg_roles where rolname = current_user;

-- name: compile_all
-- Compiles for this server's Python what the engine portable runs.
select dbml._compile_all();

-- name: compiled
-- Whether the runtime's code is kept for a Python.
select exists (
         select from dbml.bytecode b where b.fingerprint = %(fingerprint)s and b.python = %(python)s
       ) as compiled;

-- name: remember_migration
-- Remembers that a migration has installed dbml.
select dbml._remember_migration();

-- name: foreign_functions
-- Functions in dbml's schemas that are not dbml's own.
select p.oid::regprocedure::text as function
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('dbml', 'dbml_scorer')
   and pg_catalog.pg_get_userbyid(p.proowner) <> 'dbml_owner'
 order by 1;

-- name: rights_amiss
-- Rights that are gone since dbml was installed, and those that somebody has given besides.
with kept as (
  select r.*
    from dbml.setting s
   cross join lateral pg_catalog.jsonb_to_recordset(s.value::jsonb) as r(object text, grantee text, privilege text)
   where s.name = 'rights'
), found as (
  select * from dbml._rights()
)
select a.object, a.grantee, pg_catalog.string_agg(a.privilege, ', ' order by a.privilege) as privileges, a.missing
  from (select k.object, k.grantee, k.privilege, true as missing
          from (table kept except table found) k
         union all
        select f.object, f.grantee, f.privilege, false
          from (table found except table kept) f
         where exists (select from kept)) a
 group by a.object, a.grantee, a.missing
 order by a.missing desc, a.object, a.grantee;

-- name: runs_as_owner
-- Who could have code of his own run as dbml_owner, by a trigger, a cast or a redefined function on an attached table, and is
-- not trusted with it.
select distinct s.relation, s.role, s.how
  from dbml.profile p
 cross join lateral dbml._strangers(array(
   select p.relation
    union
   select e.relation from dbml.event e where e.profile = p.id
    union
   select l.relation from dbml.learn l where l.profile = p.id)) s
 where s.role operator(pg_catalog.<>) all (p.trusted)
 order by 1, 2, 3;

-- name: called_as_owner
-- The same, by what an expression over a table calls.
select s.relation, s.role, s.how
  from dbml._strangers_called(%(table)s::oid, %(expression)s) s
 where s.role operator(pg_catalog.<>) all (%(trusted)s::text[])
 order by 1, 2, 3;
