-- What these functions read, they read with their caller's rights, as outcomes() does. Of the past before a log they say
-- nothing: since when an event counts is SQL that whoever asks thinks up, and a function that ran texts which it is handed would
-- be one more way to have code run. The client makes a query of it, which runs as its caller's own.
create or replace function dbml.training_set(model text, as_of timestamptz default now(), after timestamptz default '-infinity')
returns table (at timestamptz, entity text[], version integer, arm text, score float8, label float8, features jsonb)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from dbml.prediction_log p where p.model = training_set.model and p.numbers is not null) then
    raise exception 'no prediction of % was logged with its features', quote_literal(model)
      using errcode = 'DB031', hint = format('Write log = "all" in the spec. Of the past before: dbml dataset %s -o data.parquet --history TABLE=MOMENT; as a query: -o data.sql', model);
  end if;
  return query execute format(
    'select q.at, q.entity, q.version, q.arm, q.score, q.outcome, q.features from (%s) q where q.outcome is not null order by q.at, q.entity',
    dbml._exposed(model, 'p.features'))
    using least(as_of, now()), after;
end
$$;
comment on function dbml.training_set(text, timestamptz, timestamptz) is
  'Each logged prediction whose outcome is known as of a day, with the features as they were when it was scored: 1 and 0 for classes.';

-- A shadow has no features of its own: it saw those of the answer that it stands beside.
create or replace function dbml._exposed(model text, features text, as_of text default '$1', after text default '$2') returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
begin
  return dbml._labelled(model, format(
    '%s and p.at <= %s - %L::interval and p.at > %s and p.numbers is not null',
    dbml._answered(model, format('p.at, p.entity, p.version, p.arm, p.score, %s', features)), as_of, o.horizon, after), as_of);
end
$$;
comment on function dbml._exposed(text, text, text, text) is
  'A query for the predictions that were logged with their features and are older than the horizon, with what came true; with SQL for the day, and for the moment after which they were made.';

-- Each version's log has the features in that version's order.
create or replace function dbml._logged_features(model text, version integer) returns text
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
     where v.model = _logged_features.model
  )
  select string_agg(w.expression, ', ' order by w.ordinality)
    from (select t.ordinality,
                 -- Where every version has it at one place, a million rows need not ask which version it is.
                 case when min(f.place) = max(f.place) and count(*) = (select count(distinct v.version) from feature v)
                   then format('q.%s[%s]', case when t.is_text then 'texts' else 'numbers' end, min(f.place))
                   else format('case q.version %s end',
                     string_agg(format('when %s then q.%s[%s]', f.version, case when f.is_text then 'texts' else 'numbers' end, f.place), ' ' order by f.version))
                 end as expression
            from feature t
            join feature f on f.name = t.name and f.is_text = t.is_text
           where t.version = _logged_features.version
           group by t.ordinality, t.is_text) w
$$;
comment on function dbml._logged_features(text, integer) is
  'The features of a version, in its order, as expressions over rows q that any version of the model has logged; NULL where that one lacks the feature.';
