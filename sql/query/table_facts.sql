select c.oid::bigint as oid,
       n.nspname as schema,
       c.relname as name,
       c.relkind::text as kind,
       c.relrowsecurity as row_security,
       has_table_privilege(c.oid, 'select') as may_read,
       pg_has_role(c.relowner, 'usage') as owned,
       (select jsonb_object_agg(a.attname, jsonb_build_object(
                 'type', format_type(a.atttypid, a.atttypmod),
                 'base', case t.typtype when 'd' then t.typbasetype else t.oid end::bigint,
                 'category', t.typcategory,
                 'not_null', a.attnotnull,
                 'generated', a.attgenerated <> '',
                 'default', case a.attgenerated when '' then pg_get_expr(f.adbin, f.adrelid) end))
          from pg_attribute a
          join pg_type t on t.oid = a.atttypid
          left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select coalesce(jsonb_agg(k.names), '[]')
          from pg_index i
         cross join lateral (
                 select jsonb_agg(a.attname order by a.attname) as names
                   from pg_attribute a
                  where a.attrelid = c.oid and a.attnum = any (i.indkey)) k
         where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid
           and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts) as unique_keys
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid = to_regclass(%(table)s)
