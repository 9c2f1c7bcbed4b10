-- An estimator takes as long for one row as for thousands. The first rows that a statement writes to a profile are
-- scored as they come; when there are more, the others wait for its end and are scored together.
create or replace function dbml._bind_finish(profile integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  attached dbml.profile;
  waits boolean;
  matches text;
  touches text;
begin
  select * into strict attached from dbml.profile p where p.id = _bind_finish.profile;
  select coalesce(bool_or((dbml._deployed(r.model)).engine = 'python'), false),
         -- Changing the score is what makes the row's trigger compute it anew.
         string_agg(format('%1$I = case when p.%1$I is null then ''NaN''::float8 end', r.column_name), ', ')
    into waits, touches
    from dbml.prediction r where r.profile = attached.id;
  select string_agg(format('p.%I = (e.entity ->> %s)::%s', k, i - 1, format_type(a.atttypid, a.atttypmod)), ' and ')
    into matches
    from unnest(attached.key) with ordinality u(k, i)
    join pg_attribute a on a.attrelid = attached.relation and a.attname = k;
  execute format(
    'create or replace function dbml_scorer.%I() returns trigger language plpgsql %s as %L',
    format('profile_%s_finish', attached.id),
    -- To run as somebody else in another search path costs more than to do nothing.
    case when waits then 'security definer set search_path = pg_catalog, pg_temp' else 'security invoker' end,
    case when waits then format(
      E'declare\n'
       '  dbml_waiting json := dbml._waiting(%1$s, pg_trigger_depth(), statement_timestamp())::json;\n'
       '  dbml_batch json[];\n'
       'begin\n'
       '  for dbml_batch in\n'
       '    select array_agg(w.entity) from json_array_elements(dbml_waiting) with ordinality w(entity, i) group by w.i / 4096\n'
       '  loop\n'
       '    perform dbml_scorer.%2$I(array_agg(p)) from %3$s p join unnest(dbml_batch) e(entity) on %4$s;\n'
       '    update %3$s p set %5$s from unnest(dbml_batch) e(entity) where %4$s;\n'
       '  end loop;\n'
       '  return null;\n'
       'end',
      attached.id, format('profile_%s_prime', attached.id), attached.relation, matches, touches)
    -- NEW is null here, and takes no expression to return.
    else E'begin\n  return new;\nend' end);
end
$$;
comment on function dbml._bind_finish(integer) is
  'Regenerates what happens at the end of a statement on a profile.';
