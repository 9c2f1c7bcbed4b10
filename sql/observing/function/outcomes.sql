-- What these functions read, they read with their caller's rights: the expressions and queries of an outcome are others' code.
create or replace function dbml._outcome(model text) returns table (
  source text, key text[], value text, otherwise text, at text, horizon interval, profile_key text[], relation regclass, output jsonb
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return query
    select o.source, o.key, o.value, o.otherwise, o.at, o.horizon, p.key, p.relation,
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

-- Outcome i of an entity belongs to the predictions from the horizon before it, or from outcome i - 1, up to it. These spans
-- do not overlap, so that a prediction meets one outcome at most.
create or replace function dbml._labelled(model text) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  o record := dbml._outcome(model);
  entity text := (select format('array[%s]', string_agg(format('(s.%I)::text', k), ', ' order by i)) from unnest(o.key) with ordinality u(k, i));
  type regtype;
  number text;
begin
  execute format(E'select pg_typeof(v.value) from (select) x left join (select (%s\n) as value from (%s\n) s) v on false', o.value, o.source) into type;
  number := case
    when type = 'boolean'::regtype then '(%s)::integer::float8'
    when (select t.typcategory = 'N' from pg_type t where t.oid = type) then '(%s)::float8'
    else format('((%%s)::text = %L)::integer::float8', o.output ->> 'label') end;
  return format($query$
    select l.at, l.entity, l.version, l.arm, l.score, case when o.entity is null then %1$s else o.value end as outcome, o.at as outcome_at
      from (select p.at, p.entity, p.version, p.arm, p.score
              from dbml.prediction_log p
             where p.model = %2$L and p.score is not null and p.at <= $1 - %3$L::interval) l
      left join (select x.entity, x.at, x.value,
                        coalesce(greatest(lag(x.at) over (partition by x.entity order by x.at), x.at - %3$L::interval), '-infinity') as since
                   from (select %4$s %5$s as entity, %6$s as at, %7$s as value from (%8$s
                        ) s) x
                  where x.at <= $1) o
        on o.entity = l.entity and l.at >= o.since and l.at < o.at$query$,
    case when o.otherwise is null then 'null::float8' else format(number, o.otherwise) end,
    model, o.horizon,
    case when o.at is null then format('distinct on (%s)', entity) else '' end, entity,
    case when o.at is null then '''infinity''::timestamptz' else format('(%s)::timestamptz', o.at) end,
    format(number, o.value), o.source);
end
$$;
comment on function dbml._labelled(text) is
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
    'select q.at, q.entity, q.version, q.arm, q.score, q.outcome, nullif(q.outcome_at, ''infinity'') from (%s) q', dbml._labelled(model))
    using case when as_of > now() then now() else as_of end;
end
$$;
comment on function dbml.outcomes(text, timestamptz) is
  'The logged predictions of a model that are older than its horizon, each with what came true, as it was known then: 1 and 0 for classes; NULL where nothing is known.';

create or replace function dbml.performance(model text, by text default null, as_of timestamptz default now()) returns table (
  version integer, arm text, day date, segment text, n bigint, auc float8, log_loss float8, brier float8, accuracy float8,
  mae float8, rmse float8, bias float8, mean_score float8, mean_outcome float8
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
as $$
declare
  o record := dbml._outcome(model);
  classes boolean := o.output ->> 'kind' = 'probability';
  grouped text := case
    when by is null then 'null::text'
    when by = 'version' then 'q.version'
    when by = 'arm' then 'q.arm'
    when by = 'day' then 'q.at::date'
    else format('(r.%I)::text', by) end;
  joined text := '';
begin
  if by not in ('version', 'arm', 'day') then
    if not exists (select from pg_attribute a where a.attrelid = o.relation and a.attname = by and a.attnum > 0 and not a.attisdropped) then
      raise exception '% has no column %', o.relation, quote_literal(by)
        using errcode = 'DB009', hint = 'Group by version, arm, day, or a column of the profile.';
    end if;
    joined := format('left join %s r on array[%s] = q.entity', o.relation,
      (select string_agg(format('(r.%I)::text', k), ', ' order by i) from unnest(o.profile_key) with ordinality u(k, i)));
  end if;
  return query execute format($query$
    with judged as (select %1$s as g, q.score as s, q.outcome as y from (%2$s) q %3$s where q.outcome is not null and (%9$L or q.arm not like 'shadow%%')),
    counted as (
      select j.g, j.s, sum(j.y) as positive, count(*) - sum(j.y) as negative, count(*) as n
        from judged j where %8$L group by j.g, j.s),
    ranked as (
      select c.g, sum(c.positive * (c.below + c.negative / 2)) / nullif(sum(c.positive) * sum(c.negative), 0) as auc
        from (select c.*, sum(c.negative) over (partition by c.g order by c.s) - c.negative as below from counted c) c
       group by c.g)
    select %4$s, %5$s, %6$s, %7$s, f.n,
           case when %8$L then r.auc end, case when %8$L then f.log_loss end, case when %8$L then f.squared end, case when %8$L then f.accuracy end,
           case when not %8$L then f.absolute end, case when not %8$L then sqrt(f.squared) end, case when not %8$L then f.mean_score - f.mean_outcome end,
           f.mean_score, f.mean_outcome
      from (select j.g, count(*) as n,
                   avg(case when %8$L then -ln(least(greatest(case when j.y = 1 then j.s else 1 - j.s end, 2.220446049250313e-16), 1 - 2.220446049250313e-16)) end) as log_loss,
                   avg((j.s - j.y) * (j.s - j.y)) as squared,
                   avg(((j.s > 0.5) = (j.y = 1))::integer::float8) as accuracy,
                   avg(abs(j.s - j.y)) as absolute, avg(j.s) as mean_score, avg(j.y) as mean_outcome
              from judged j group by j.g) f
      left join ranked r on r.g is not distinct from f.g
     order by f.g$query$,
    grouped, dbml._labelled(model), joined,
    case when by = 'version' then 'f.g' else 'null::integer' end,
    case when by = 'arm' then 'f.g' else 'null::text' end,
    case when by = 'day' then 'f.g' else 'null::date' end,
    case when by not in ('version', 'arm', 'day') then 'f.g' else 'null::text' end,
    -- What a shadow says stands beside what was answered, and is judged where its arm or version is named.
    classes, coalesce(by in ('version', 'arm'), false))
    using case when as_of > now() then now() else as_of end;
end
$$;
comment on function dbml.performance(text, text, timestamptz) is
  'How good the logged predictions of a model were, for all or by version, arm, day or a column of the profile, as it was known then; by the time of the prediction.';
