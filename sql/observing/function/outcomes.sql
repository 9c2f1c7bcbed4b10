-- What these functions read, they read with their caller's rights: the expressions and queries of an outcome are others' code.
create or replace function dbml._outcome(model text) returns table (
  source text, key text[], value text, otherwise text, at text, horizon interval, better text, effect float8,
  profile_key text[], relation regclass, profiles bigint, output jsonb
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return query
    select o.source, o.key, o.value, o.otherwise, o.at, o.horizon, o.better, o.effect, p.key, p.relation,
           (select count(*) from dbml.prediction r where r.model = o.model),
           (select v.interface -> 'output' from dbml.model_version v where v.model = o.model order by v.version desc limit 1)
      from dbml.outcome o
      join dbml.profile p on p.id = o.profile
     where o.model = _outcome.model
     order by p.id
     limit 1;
  if not found then
    raise exception 'nothing says what became of the predictions of %', quote_literal(model)
      using errcode = 'DB009', hint = 'Add [[outcome]] to the spec of its profile, and attach it again.';
  end if;
end
$$;
comment on function dbml._outcome(text) is 'Where the outcomes of a model are.';

-- A query over the log of the entities that an outcome is about; keys of different profiles may be the same.
create or replace function dbml._answered(model text, columns text) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
begin
  return format('select %s from dbml.prediction_log p where p.model = %L and p.score is not null%s', columns, model,
                case when o.profiles > 1 then format(' and p.profile = %L::regclass::text', o.relation) else '' end);
end
$$;
comment on function dbml._answered(text, text) is 'A query for the logged scores of a model.';

-- Outcome i of an entity belongs to the predictions from the horizon before it, or from outcome i - 1, up to it. These spans
-- do not overlap, so that a prediction meets one outcome at most.
create or replace function dbml._labelled(model text, predictions text, as_of text default '$1') returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
  type regtype;
  kinds oid[];
  entity text;
  number text;
begin
  execute format(E'select pg_typeof(v.value) from (select) x left join (select (%s\n) as value from (%s\n) s) v on false', o.value, o.source) into type;
  execute format(E'select array[%s]::pg_catalog.oid[] from (select) x left join (%s\n) s on false',
    (select string_agg(format('pg_typeof(s.%I)', k), ', ' order by i) from unnest(o.key) with ordinality u(k, i)), o.source) into kinds;
  entity := (select format('array[%s]', string_agg(dbml._as_key(format('s.%I', k), kinds[i]), ', ' order by i)) from unnest(o.key) with ordinality u(k, i));
  number := case
    when type = 'boolean'::regtype then '(%s)::integer::float8'
    when (select t.typcategory = 'N' from pg_type t where t.oid = type) then '(%s)::float8'
    else format('((%%s)::text = %L)::integer::float8', o.output ->> 'label') end;
  return format($query$
    select l.*, case when o.entity is null then %1$s else o.value end as outcome, o.at as outcome_at
      from (%2$s) l
      left join (select x.entity, x.at, x.value, %3$s as since
                   from (select %4$s %5$s as entity, %6$s as at, %7$s as value from (%8$s
                        ) s) x
                  where %9$s) o
        on o.entity = l.entity and l.at >= o.since and l.at < o.at$query$,
    case when o.otherwise is null then 'null::float8' else format(number, o.otherwise) end,
    predictions,
    -- An outcome without a moment holds for every time.
    case when o.at is null then '''-infinity''::timestamptz'
         else format('greatest(lag(x.at) over (partition by x.entity order by x.at), x.at - %L::interval)', o.horizon) end,
    case when o.at is null then format('distinct on (%s)', entity) else '' end, entity,
    case when o.at is null then '''infinity''::timestamptz' else format('(%s)::timestamptz', o.at) end,
    format(number, o.value), o.source, case when o.at is null then 'true' else 'x.at <= ' || as_of end);
end
$$;
comment on function dbml._labelled(text, text, text) is
  'A query for predictions, whose entities and times another query yields, with what came true; with SQL for the day as of which it is asked.';

create or replace function dbml._ripe(model text) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
begin
  return dbml._labelled(model, dbml._answered(model, 'p.at, p.entity, p.version, p.arm, p.score') || format(' and p.at <= $1 - %L::interval', o.horizon));
end
$$;
comment on function dbml._ripe(text) is
  'A query for the predictions of a model that are older than its horizon, with what came true; $1 is the day as of which it is asked.';

create or replace function dbml.outcomes(model text, as_of timestamptz default now()) returns table (
  at timestamptz, entity text[], version integer, arm text, score float8, outcome float8, outcome_at timestamptz
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format(
    'select q.at, q.entity, q.version, q.arm, q.score, q.outcome, nullif(q.outcome_at, ''infinity'') from (%s) q', dbml._ripe(model))
    using least(as_of, now());
end
$$;
comment on function dbml.outcomes(text, timestamptz) is
  'The logged predictions of a model that are older than its horizon, each with what came true, as it was known then: 1 and 0 for classes; NULL where nothing is known.';
