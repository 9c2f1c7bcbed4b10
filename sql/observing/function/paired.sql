-- A shadow answers for the very entities that the control answers for: what differs is how far each was from what came
-- true, and the difference of two such errors varies much less than the errors do.
create or replace function dbml._paired(model text, arms text[], since timestamptz, until timestamptz, as_of timestamptz) returns table (
  arm text, n bigint, mean float8, difference float8, low float8, high float8, evidence float8, p float8, state text,
  version integer, fixed_low float8, fixed_high float8, says text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
set jit = off
as $$
#variable_conflict use_column
declare
  answered text := dbml._answered(model, 'p.at, p.entity, p.arm, p.version, p.score') || ' and p.at >= $2 and p.at < $3';
begin
  return query execute format($query$
    with judged as materialized (
      select q.arm, q.version, q.live_version, (q.score - q.outcome) ^ 2 as loss, (q.live - q.outcome) ^ 2 as live_loss
        from (%1$s) q
       where q.at <= $1 - %2$L::interval and q.outcome is not null
    ), side as (
      select j.arm, max(j.version) as version, max(j.live_version) as live_version, count(*) as n, avg(j.loss) as mean, avg(j.live_loss) as live_mean,
             avg(j.loss - j.live_loss) as b, var_pop(j.loss - j.live_loss) / count(*) as v, stddev_pop(j.loss - j.live_loss) / 20 as effect
        from judged j group by j.arm
    ), tested as (
      select s.version, s.live_version, s.n, s.mean, s.live_mean, s.b, s.v, q.*, case when q.evidence is not null then least(1, cardinality($4) / q.evidence) end as p, u.place
        from unnest($4) with ordinality u(arm, place)
        left join side s on s.arm = u.arm
        left join lateral dbml._sequential(s.b, s.v, s.effect, 0.05 / cardinality($4)) q on true
    )
    select 'control', coalesce(t.n, 0), t.live_mean, null::float8, null::float8, null::float8, null::float8, null::float8,
           case when coalesce(t.n, 0) < 400 then 'insufficient' else 'running' end, t.live_version, null::float8, null::float8,
           case when coalesce(t.n, 0) < 400 then %3$L end
      from tested t where t.place = 1
    union all
    (select u.arm, coalesce(t.n, 0), t.mean, t.b, t.low, t.high, t.evidence, t.p,
           case when coalesce(t.n, 0) < 400 or t.evidence is null then 'insufficient'
                when t.p <= 0.05 then case when t.b < 0 then 'better' else 'worse' end
                else 'running' end,
           t.version, t.b - 1.959963984540054 * sqrt(t.v), t.b + 1.959963984540054 * sqrt(t.v),
           case when coalesce(t.n, 0) < 400 or t.evidence is null then %3$L end
      from unnest($4) with ordinality u(arm, place) join tested t on t.place = u.place
     order by u.place)$query$,
    -- An entity counts once, from the first prediction on that both have answered.
    dbml._labelled(model, format($query$
      select distinct on (s.arm, hash_array_extended(s.entity, 0), s.entity) s.*, l.score as live, l.version as live_version
        from (%1$s and p.arm = any ($4)) s
        join (%1$s and p.arm not like 'shadow%%') l on l.entity = s.entity and l.at = s.at
       order by s.arm, hash_array_extended(s.entity, 0), s.entity, s.at$query$, answered)),
    (dbml._outcome(model)).horizon,
    'a shadow needs 400 entities with an outcome, older than the horizon, that both versions have answered')
    using as_of, since, until, arms;
end
$$;
comment on function dbml._paired(text, text[], timestamptz, timestamptz, timestamptz) is
  'Compares what shadows answer with what was answered, by the squared error of each; a part of dbml.experiment.';
