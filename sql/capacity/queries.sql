-- name: database_comment
-- What the owner says of the database; no copy has it, because it belongs to the cluster.
select pg_catalog.shobj_description(d.oid, 'pg_database') from pg_catalog.pg_database d where d.datname = pg_catalog.current_database();

-- name: rows_about
-- About how many rows a table or a partitioned one has; null where nobody has counted.
select nullif(pg_catalog.sum(greatest(c.reltuples, 0)), 0)::bigint
  from (select coalesce(p.relid, %(table)s::oid) as relid from (select 1) one
          left join pg_catalog.pg_partition_tree(%(table)s::oid) p on p.isleaf) t
  join pg_catalog.pg_class c on c.oid = t.relid;

-- name: load_columns
-- The columns of a table that an application may give a value.
select a.attname as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       t.typcategory = 'D' as is_time,
       d.oid is not null or a.attidentity <> '' or t.typdefault is not null as has_default,
       a.attidentity <> '' as is_identity,
       exists (select from pg_catalog.pg_index i
                where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey)) as is_unique
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attrelid = %(table)s::oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
 order by a.attnum;

-- name: own_triggers
-- dbml's enabled triggers on these tables.
select t.tgrelid::pg_catalog.regclass::text as "table", n.nspname as schema, c.relname as name, t.tgname as trigger
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
 where t.tgrelid = any (%(tables)s::oid[])
   and not t.tgisinternal and t.tgenabled <> 'D'
   and p.pronamespace in (select oid from pg_catalog.pg_namespace where nspname in ('dbml', 'dbml_scorer'))
 order by 1, 4;

-- name: session_use
-- Nanoseconds of processor time and kilobytes of private memory of this session, as Linux tells them; null where it does not.
select pg_catalog.split_part(pg_catalog.pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 as cpu,
       substring(pg_catalog.pg_read_file('/proc/self/status') from 'RssAnon:\s+(\d+)')::float8 as memory;

-- name: server_use
-- Nanoseconds of processor time of the server's own processes, by their number: what writes, cleans and checkpoints.
select a.pid, pg_catalog.split_part(pg_catalog.pg_read_file(pg_catalog.format('/proc/%s/schedstat', a.pid), 0, 1000, true), ' ', 1)::float8 as cpu
  from pg_catalog.pg_stat_activity a
 where a.backend_type in ('walwriter', 'checkpointer', 'background writer', 'autovacuum launcher', 'autovacuum worker');

-- name: may_see_processes
-- Whether this role may read what Linux tells of processes.
select pg_catalog.has_function_privilege('pg_catalog.pg_read_file(text)', 'execute')
       and pg_catalog.pg_has_role('pg_read_server_files', 'usage');

-- name: wal_position
-- How far the write-ahead log is, in bytes.
select pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_lsn;

-- name: stored_bytes
-- Bytes of a table, or a partitioned one, with its indexes.
select pg_catalog.sum(pg_catalog.pg_total_relation_size(t.relid))::bigint
  from (select coalesce(p.relid, %(table)s::oid) as relid from (select 1) one
          left join pg_catalog.pg_partition_tree(%(table)s::oid) p on p.isleaf) t;

-- name: heap_bytes
-- Bytes of its rows alone.
select pg_catalog.sum(pg_catalog.pg_relation_size(t.relid))::bigint
  from (select coalesce(p.relid, %(table)s::oid) as relid from (select 1) one
          left join pg_catalog.pg_partition_tree(%(table)s::oid) p on p.isleaf) t;

-- name: log_copied
-- The newest rows of the log, indexed as a closed segment is.
create temporary table dbml_size on commit drop as
select l.* from dbml.log l where l.at >= %(since)s limit 5000;
create index on dbml_size (model, at);
create index on dbml_size (profile, entity);

-- name: log_bytes
-- Rows of the copy, and its bytes with its indexes.
select pg_catalog.count(*) as n, pg_catalog.pg_total_relation_size('pg_temp.dbml_size') as bytes from pg_temp.dbml_size;

-- name: checkpoint_settings
-- When a checkpoint comes: seconds, and bytes of write-ahead log.
select (select s.setting::float8 from pg_catalog.pg_settings s where s.name = 'checkpoint_timeout') as seconds,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size'))::float8 as bytes,
       pg_catalog.current_setting('checkpoint_completion_target')::float8 as target,
       pg_catalog.current_setting('full_page_writes')::boolean as full_pages;
