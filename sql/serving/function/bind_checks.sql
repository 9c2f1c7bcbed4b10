-- PostgreSQL shows the whole row that violates a CHECK to whom the running role may read it: to dbml_owner, and so to
-- an application that may do no more than insert an event. What dbml writes is checked before it comes to that. A
-- constraint that has been dropped since, or a column that has another type now, is left to PostgreSQL.
create or replace function dbml._bind_checks(attached dbml.profile) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select E'\n  begin' || string_agg(format($body$
    if (select %s from (select new.*) as generated_from) is false
       and exists (select from pg_constraint k where k.conrelid = tg_relid and k.conname = %L) then
      raise exception %L using errcode = 'check_violation', schema = %L, table = %L, constraint = %L;
    end if;$body$,
           pg_get_expr(k.conbin, k.conrelid),
           k.conname,
           replace(format('new row for relation "%s" violates check constraint "%s"', c.relname, k.conname), '%', '%%'),
           n.nspname, c.relname, k.conname), '' order by k.conname) || $body$
  exception when datatype_mismatch then
    null;
  end;$body$
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace
   where k.conrelid = attached.relation
     and k.contype = 'c'
     and exists (
           select from pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
              and (a.attgenerated <> ''
                   or exists (select from dbml.event e where e.profile = attached.id and e.counters ? a.attname)
                   or exists (select from dbml.prediction r where r.profile = attached.id
                               and a.attname in (r.column_name, r.version_column, r.scored_at_column))))
$$;
comment on function dbml._bind_checks(dbml.profile) is
  'Part of a profile''s trigger: the CHECK constraints on the columns that dbml writes; NULL where there is none.';
