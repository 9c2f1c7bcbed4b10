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
                 'hashable', exists (
                   select from pg_opclass o
                     join pg_am m on m.oid = o.opcmethod and m.amname = 'hash'
                    where o.opcdefault
                      and o.opcintype = case when t.typtype = 'e' then 'anyenum'::regtype::oid
                                             when t.oid = 'varchar'::regtype::oid then 'text'::regtype::oid
                                             when t.typtype = 'd' then t.typbasetype
                                             else t.oid end),
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
           and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts) as unique_keys,
       (select coalesce(jsonb_agg(k.names), '[]')
          from pg_index i
         cross join lateral (
                 select jsonb_agg(coalesce(a.attname, '') order by u.position) as names
                   from unnest(i.indkey) with ordinality u(number, position)
                   left join pg_attribute a on a.attrelid = c.oid and a.attnum = u.number and u.number > 0
                  where u.position <= i.indnkeyatts) k
         where i.indrelid = c.oid and i.indisvalid and i.indpred is null) as indexed,
       (select coalesce(jsonb_agg(jsonb_build_object('to', f.confrelid::bigint, 'columns', k.pairs)), '[]')
          from pg_constraint f
         cross join lateral (
                 select jsonb_agg(jsonb_build_array(mine.attname, theirs.attname)) as pairs
                   from unnest(f.conkey, f.confkey) u(mine, theirs)
                   join pg_attribute mine on mine.attrelid = f.conrelid and mine.attnum = u.mine
                   join pg_attribute theirs on theirs.attrelid = f.confrelid and theirs.attnum = u.theirs) k
         where f.conrelid = c.oid and f.contype = 'f' and f.convalidated and not f.condeferrable) as "references"
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid = to_regclass(%(table)s)::oid
