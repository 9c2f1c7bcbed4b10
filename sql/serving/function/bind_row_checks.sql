-- PostgreSQL shows the whole row that violates a CHECK, or a NOT NULL, to whom the running role may read it: to dbml_owner,
-- and so to an application that may do no more than insert an event. What dbml writes is checked before it comes to that.
-- A constraint that has been dropped since, or a column that has another type now, is left to PostgreSQL.
create or replace function dbml._row_checks(attached dbml.profile) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select dbml._fill(dbml._template('row_checks'), jsonb_build_object(
             'generated', dbml._row_generated(attached, array(
                select a.attname::text from pg_attribute a
                 where a.attrelid = attached.relation and a.attgenerated <> ''
                   and exists (select from dbml._checked(attached) c where a.attnum = any (c.columns)))),
             'checks', string_agg(
                dbml._fill(dbml._template('row_check'), jsonb_build_object(
                  'condition', k.condition, 'stands', k.stands, 'message', replace(k.message, '%', '%%'), 'state', k.state,
                  'what', k.what, 'name', k.name, 'schema', n.nspname, 'table', c.relname)), E'\n' order by k.what, k.name)))
      from dbml._checked(attached) k
      join pg_class c on c.oid = attached.relation
      join pg_namespace n on n.oid = c.relnamespace
    having count(*) > 0), '')
$$;
comment on function dbml._row_checks(dbml.profile) is
  'Part of a row''s trigger: what constrains the columns that dbml writes; empty where nothing does.';

create or replace function dbml._checked(attached dbml.profile)
returns table (what text, name text, columns smallint[], condition text, stands text, message text, state text)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with written as (
    select a.attnum, c.empty
      from (select e.key as name, e.value ->> 'empty' as empty
              from dbml.event v, jsonb_each(v.counters) e where v.profile = attached.id
             union all
            select w, 'null' from dbml.prediction r, unnest(dbml._written(r)) w where r.profile = attached.id) c
      join pg_attribute a on a.attrelid = attached.relation and a.attname = c.name)
  select 'constraint', k.conname::text, k.conkey, pg_get_expr(k.conbin, k.conrelid),
         format('exists (select from pg_constraint k where k.conrelid = tg_relid and k.conname = %L)', k.conname),
         format('new row for relation "%s" violates check constraint "%s"', c.relname, k.conname), 'check_violation'
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
   where k.conrelid = attached.relation
     and k.contype = 'c'
     -- Only PostgreSQL 18 has constraints that are not enforced.
     and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
     and exists (
           select from pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
              and (a.attgenerated <> '' or a.attnum in (select w.attnum from written w)))
   union all
  select 'column', a.attname, array[a.attnum], format('new.%s is not null', dbml._quoted(a.attname)),
         format('(select a.attnotnull from pg_attribute a where a.attrelid = tg_relid and a.attname = %L)', a.attname),
         format('null value in column "%s" of relation "%s" violates not-null constraint', a.attname, c.relname),
         'not_null_violation'
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
   where a.attrelid = attached.relation and a.attnotnull and not a.attisdropped
     and (exists (select from written w where w.attnum = a.attnum and lower(w.empty) = 'null')
          -- A counter that is NOT NULL is never NULL; of a column that is generated from one nobody knows.
          or a.attgenerated <> '' and exists (
               select from pg_depend d
                where d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid in (select w.attnum from written w)
                  and (d.classid = 'pg_class'::regclass and d.objid = a.attrelid and d.objsubid = a.attnum
                       or d.classid = 'pg_attrdef'::regclass
                          and d.objid = (select f.oid from pg_attrdef f where f.adrelid = a.attrelid and f.adnum = a.attnum))))
$$;
comment on function dbml._checked(dbml.profile) is
  'The CHECK and NOT NULL constraints of a profile that depend on what dbml writes, each with what tells that it still stands.';
