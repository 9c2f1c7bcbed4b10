-- The first rows that a statement writes to a profile are scored as they come; when there are more, and an estimator
-- scores them, the others wait for its end and are scored together. What is queued waits for a worker instead.
create or replace function dbml._bind_statement_end(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  function text := format('profile_%s_finish', attached.id);
  waits boolean;
  scores text;
begin
  select bool_or(exists (select from dbml._routes(attached, r, '') s where (s.scorer).engine = 'python') and r.mode is distinct from 'queued'),
         string_agg(format('%1$s = case when p.%1$s is null then %2$s end', dbml._quoted(r.column_name), dbml._touched(r)), E',\n           ')
    into waits, scores
    from dbml.prediction r
   where r.profile = attached.id;
  if scores is null then
    return 0;
  end if;
  return dbml._generate_from(
    format('dbml_scorer.%I()', function),
    'trigger',
    jsonb_build_object(
      'function', function,
      -- To run as somebody else in another search path costs more than to do nothing.
      'rights', case when waits then dbml._template('definer') else 'security invoker' end,
      'body', format(E'\n%s\n', case when waits then
        dbml._fill(dbml._template('statement_end'), jsonb_build_object(
          'profile', attached.id,
          'fits', format('profile_%s_fits_0', attached.id),
          'relation', attached.relation,
          'prime', format('profile_%s_prime', attached.id),
          'scores', scores,
          'same', (select string_agg(format('p.%s = (e.entity ->> %s)::%s', dbml._quoted(k), i - 1, format_type(a.atttypid, a.atttypmod)), ' and ')
                     from unnest(attached.key) with ordinality u(k, i)
                     join pg_attribute a on a.attrelid = attached.relation and a.attname = k)))
        else dbml._template('statement_end_idle') end)),
    format('What happens at the end of a statement on %s.', attached.relation), false, anew);
end
$$;
comment on function dbml._bind_statement_end(dbml.profile, boolean) is
  'Part of _bind: scores the rows that have waited for the end of a statement.';
