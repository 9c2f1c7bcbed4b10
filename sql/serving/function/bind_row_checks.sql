-- PostgreSQL shows the whole row that violates a CHECK to whom the running role may read it: to dbml_owner, and so to
-- an application that may do no more than insert an event. What dbml writes is checked before it comes to that. A
-- constraint that has been dropped since, or a column that has another type now, is left to PostgreSQL.
create or replace function dbml._row_checks(attached dbml.profile) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select dbml._fill(dbml._template('row_checks'), jsonb_build_object('checks', string_agg(
             dbml._fill(dbml._template('row_check'), jsonb_build_object(
               'condition', pg_get_expr(k.conbin, k.conrelid),
               'constraint', k.conname,
               'message', replace(format('new row for relation "%s" violates check constraint "%s"', c.relname, k.conname), '%', '%%'),
               'schema', n.nspname,
               'table', c.relname)), E'\n' order by k.conname)))
      from dbml._checked(attached) k
      join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
    having count(*) > 0), '')
$$;
comment on function dbml._row_checks(dbml.profile) is
  'Part of a row''s trigger: the CHECK constraints on the columns that dbml writes; empty where there is none.';

create or replace function dbml._checked(attached dbml.profile) returns setof pg_constraint
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select k.*
    from pg_constraint k
   where k.conrelid = attached.relation
     and k.contype = 'c'
     -- Only PostgreSQL 18 has constraints that are not enforced.
     and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
     and exists (
           select from pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
              and (a.attgenerated <> ''
                   or exists (select from dbml.event e where e.profile = attached.id and e.counters ? a.attname)
                   or exists (select from dbml.prediction r where r.profile = attached.id and a.attname = any (dbml._written(r)))))
$$;
comment on function dbml._checked(dbml.profile) is 'The CHECK constraints of a profile that depend on what dbml writes.';
