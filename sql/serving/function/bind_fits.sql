-- Whether the tables are still what functions were made for costs nothing to ask: planning answers it, and a plan that depends
-- on a table is made anew when the table changes. By number, so that it outlives a new name and a drop.
create or replace function dbml._bind_fits(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  part record;
  fits text;
  opened text;
  changed integer := 0;
begin
  for part in
    select 0 as position, attached.relation::oid as relation, '' as passed
     union all
    select e.position, e.relation::oid,
           coalesce((select string_agg(
                              format('and (relation operator(pg_catalog.=) %L::pg_catalog.oid) is not null', w.relation::oid),
                              E'\n' order by w.position)
                       from dbml.event w
                      where w.profile = e.profile and w.position <> e.position
                        and w.position = any (dbml._parts(e.profile, e.position))), '')
      from dbml.event e where e.profile = attached.id
     order by 1
  loop
    fits := format('profile_%s_fits_%s', attached.id, part.position);
    opened := format('profile_%s_opened_%s', attached.id, part.position);
    changed := changed
      + dbml._generate_from(
          format('dbml_scorer.%I(oid)', fits),
          'fits',
          jsonb_build_object('function', fits, 'body', format(E'\n%s\n', dbml._fill(dbml._template('fits_body'), jsonb_build_object(
            'profile_table', attached.relation::oid::text,
            'table', part.relation::text,
            'passed', part.passed,
            'profile', attached.id,
            'part', part.position,
            'as_it_was', dbml._as_it_was(attached.id, part.position))))),
          format('Whether what the functions of profile %s read is as it was; NULL where only types or keys differ.', attached.id), false, anew)
      + dbml._generate_from(
          format('dbml_scorer.%I()', opened),
          'opened',
          jsonb_build_object('function', opened, 'body',
            format(E'\n  select pg_catalog.pg_relation_is_updatable(''%s''::pg_catalog.regclass, false)\n', part.relation)),
          -- To open a table takes a lock for a moment.
          format('Waits for whoever is changing a table of profile %s.', attached.id), false, anew);
  end loop;
  return changed;
end
$$;
comment on function dbml._bind_fits(dbml.profile, boolean) is
  'Part of _bind: the functions that tell whether a profile''s tables are as they were.';

create or replace function dbml._as_it_was(profile integer, part integer) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set client_min_messages = notice
as $$
  select coalesce('select ' || string_agg(c.condition, E'\n   and ' order by t.position, c.number), 'select true')
    from dbml.attached_table t
    join dbml.profile p on p.id = t.profile
    left join dbml.event e on e.profile = t.profile and e.position = t.position
    left join dbml.event w on w.profile = t.profile and w.position = t.way_to
   cross join lateral (select case t.position when 0 then p.relation::oid else e.relation::oid end as oid) r
   cross join lateral (
           -- Names and numbers by what the catalog says now, types by what a parser makes of them.
           select k.number,
                  format('(pg_identify_object(1259::oid, %L::oid, %s)).identity = %L and pg_typeof((null::%I.%I).%I)::text = %L',
                         r.oid, k.number, format('%I.%I.%I', t.schema_name, t.table_name, k.name),
                         t.schema_name, t.table_name, k.name, k.type)
                  || case when k.generated is not null then format(
                       ' and (select a.attgenerated <> '''' and pg_get_expr(d.adbin, d.adrelid) = %L'
                       ' from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum'
                       ' where a.attrelid = %L::oid and a.attnum = %s)', k.generated, r.oid, k.number) else '' end
                  || case when k.labels is not null then format(
                       ' and not exists (select from jsonb_each_text(%L) l'
                       ' where not exists (select from pg_enum n where n.oid = l.key::oid and n.enumlabel = l.value))',
                       k.labels) else '' end
             from jsonb_to_recordset(t.columns) k(name text, number integer, type text, generated text, used boolean, labels jsonb)
            where k.used
            union all
           -- What _reaches and _updatable say, without a call that would be planned alone.
           select -1, format('has_schema_privilege(''dbml_owner'', %L, ''usage'')', t.schema_name)
                  || format(' and has_table_privilege(''dbml_owner'', %L::oid, ''select'')', r.oid)
                  || case t.position when 0 then format(
                       ' and has_table_privilege(''dbml_owner'', %1$L::oid, ''update'')'
                       ' and (not exists (select from pg_publication) or dbml._updatable(%1$L::oid))', r.oid) else '' end
            union all
           select 0, format(
                    'exists (select from pg_constraint f where f.conrelid = %L::oid and f.confrelid = %L::oid and f.contype = ''f'''
                    ' and f.convalidated and not f.condeferrable and f.conkey @> %L and f.conkey <@ %3$L%s)',
                    r.oid, case when t.way_to > 0 then w.relation::oid else p.relation::oid end,
                    (select array_agg(k.number) from jsonb_to_recordset(t.columns) k(name text, number smallint)
                      where k.name = any (coalesce(t.way_by, e.key))),
                    -- Only PostgreSQL 18 has constraints that are not enforced.
                    case when current_setting('server_version_num')::integer >= 180000 then ' and f.conenforced' else '' end)
            where t.follows
            union all
           select k.number, format('(select a.attnotnull from pg_attribute a where a.attrelid = %L::oid and a.attnum = %s)', r.oid, k.number)
             from jsonb_to_recordset(t.columns) k(name text, number integer)
            where k.name = any (t.way_required)) c(number, condition)
   where t.profile = _as_it_was.profile and t.position = any (dbml._parts(_as_it_was.profile, part))
$$;
comment on function dbml._as_it_was(integer, integer) is
  'A query that tells whether a profile and one of its event tables are as they were; it does not tell what differs.';
