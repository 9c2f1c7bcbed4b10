-- Where a key is violated, PostgreSQL shows it to whom the running role may read it: to dbml_owner, and so to whoever inserts an
-- event. Nobody can test for it before, as for a CHECK: the other row may be written at this very moment.
create or replace function dbml._shown_keys(relation oid, key text[], written text[])
returns table (what text, name text, "column" text, mend text)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off -- compiling takes a thousand times as long as the answer
as $$
  with recursive part as (
    select _shown_keys.relation as oid
     union
    select i.inhrelid from part p join pg_inherits i on i.inhparent = p.oid
  ), decided as (
    select p.oid, a.attnum, a.attname::text
      from part p
      join pg_attribute a on a.attrelid = p.oid and a.attnum > 0 and not a.attisdropped
     where a.attname = any (written)
        or a.attgenerated <> '' and exists (
             select from pg_depend d
               join pg_attribute w on w.attrelid = d.refobjid and w.attnum = d.refobjsubid and w.attname = any (written)
              where d.refclassid = 'pg_class'::regclass and d.refobjid = p.oid
                and (d.classid = 'pg_class'::regclass and d.objid = p.oid and d.objsubid = a.attnum
                     or d.classid = 'pg_attrdef'::regclass
                        and d.objid = (select f.oid from pg_attrdef f where f.adrelid = p.oid and f.adnum = a.attnum)))
  )
  select 'foreign key', k.conname::text, d.attname, format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
    from decided d
    join pg_constraint k on k.conrelid = d.oid and k.contype = 'f' and k.conparentid = 0 and d.attnum = any (k.conkey)
   union all
  select case when i.indisexclusion then 'exclusion constraint' when k.oid is null then 'unique index' else 'unique constraint' end,
         c.relname::text, min(d.attname),
         case when k.oid is null then format('drop index %s', i.indexrelid::regclass)
              else format('alter table %s drop constraint %I', i.indrelid::regclass, k.conname) end
    from decided d
    join pg_index i on i.indrelid = d.oid and (i.indisunique or i.indisexclusion)
    join pg_class c on c.oid = i.indexrelid and not c.relispartition
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
   cross join lateral (select (i.indkey::smallint[])[0 : i.indnkeyatts - 1] as columns) n
   where (d.attnum = any (n.columns)
          -- The catalog tells of an expression and of a condition together with the columns that are only included.
          or (i.indexprs is not null or i.indpred is not null)
             and exists (select from pg_depend e
                          where e.classid = 'pg_class'::regclass and e.objid = i.indexrelid
                            and e.refclassid = 'pg_class'::regclass and e.refobjid = i.indrelid and e.refobjsubid = d.attnum))
     -- With the profile's own key in it, it cannot be violated before that is.
     and not (i.indisunique and not exists (
           select from unnest(key) q
            where not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = q and a.attnum = any (n.columns))))
   group by i.indexrelid, i.indrelid, i.indisexclusion, c.relname, k.oid, k.conname
   order by 1, 2, 3
$$;
comment on function dbml._shown_keys(oid, text[], text[]) is
  'Foreign keys, unique indexes and exclusion constraints of a profile that depend on columns which dbml writes, each with the statement that drops it.';
