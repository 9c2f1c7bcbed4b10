-- What these functions read, they read with their caller's rights, as outcomes() does.
create or replace function dbml.training_set(model text, as_of timestamptz default now(), after timestamptz default '-infinity')
returns table (at timestamptz, entity text[], version integer, arm text, score float8, label float8, features jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format(
    'select q.at, q.entity, q.version, q.arm, q.score, q.outcome, q.features from (%s) q where q.outcome is not null order by q.at, q.entity',
    dbml._exposed(model, 'p.features'))
    using least(as_of, now()), after;
end
$$;
comment on function dbml.training_set(text, timestamptz, timestamptz) is
  'Each logged prediction whose outcome is known as of a day, with the features as they were when it was scored: 1 and 0 for classes.';

create or replace function dbml._exposures(model text, as_of timestamptz, after timestamptz)
returns table (at timestamptz, entity text[], version integer, arm text, score float8, label float8, numbers float8[], texts text[])
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format(
    'select q.at, q.entity, q.version, q.arm, q.score, q.outcome, q.numbers, q.texts from (%s) q where q.outcome is not null order by q.at, q.entity',
    dbml._exposed(model, 'p.numbers, p.texts'))
    using least(as_of, now()), after;
end
$$;
comment on function dbml._exposures(text, timestamptz, timestamptz) is 'What training_set() returns, with the features as they are logged.';

-- A shadow has no features of its own: it saw those of the answer that it stands beside.
create or replace function dbml._exposed(model text, features text) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
begin
  return dbml._labelled(model, format(
    '%s and p.at <= $1 - %L::interval and p.at > $2 and p.numbers is not null',
    dbml._answered(model, format('p.at, p.entity, p.version, p.arm, p.score, %s', features)), o.horizon));
end
$$;
comment on function dbml._exposed(text, text) is
  'A query for the predictions that were logged with their features and are older than the horizon, with what came true; $1 is the day, $2 the moment after which they were made.';

-- Each version's log has the features in that version's order.
create or replace function dbml._logged_inputs(model text, version integer, out numbers text, out texts text) returns setof record
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with feature as (
    select v.version, f.value ->> 'name' as name, f.value ->> 'kind' = 'text' as is_text, f.ordinality,
           row_number() over (partition by v.version, f.value ->> 'kind' = 'text' order by f.ordinality) as place
      from dbml.model_version v
     cross join lateral jsonb_array_elements(v.interface -> 'features') with ordinality f
     where v.model = _logged_inputs.model
  ), expressed as (
    select t.ordinality, t.is_text,
           format('case q.version %s end',
             string_agg(format('when %s then q.%s[%s]', f.version, case when f.is_text then 'texts' else 'numbers' end, f.place), ' ' order by f.version)) as expression
      from feature t
      join feature f on f.name = t.name and f.is_text = t.is_text
     where t.version = _logged_inputs.version
     group by t.ordinality, t.is_text
  )
  select string_agg(format('coalesce(%s, ''NaN'')', w.expression), ', ' order by w.ordinality) filter (where not w.is_text),
         string_agg(w.expression, ', ' order by w.ordinality) filter (where w.is_text)
    from expressed w
$$;
comment on function dbml._logged_inputs(text, integer) is
  'The features of a version, in its order, as expressions over rows q that any version of the model has logged: its numbers, NaN where one is missing, and its texts, NULL where one is.';
