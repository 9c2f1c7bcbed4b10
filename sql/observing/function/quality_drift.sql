-- Whether a version has become worse since its first time, asked as often as one likes. The unit is the entity: its
-- predictions of a side count as their mean, and one that is on both sides counts as one and not as two independent ones.
create or replace function dbml.quality_drift(
  model text, baseline interval default '7 days', since timestamptz default null, as_of timestamptz default now(), version integer default null
) returns table (
  judged integer, began timestamptz, n_before bigint, loss_before float8, n bigint, loss float8,
  difference float8, low float8, high float8, evidence float8, p float8, state text, says text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  chosen integer := dbml._judged_version(quality_drift.model, quality_drift.version);
  loss text;
begin
  if baseline <= interval '0' then
    raise exception 'a baseline of % is no length of time', baseline
      using errcode = 'DB008', hint = 'For example dbml.quality_drift(''churn'', baseline => ''7 days'').';
  end if;
  select case o.output ->> 'kind' when 'probability' then 'Brier score' else 'mean squared error' end into loss
    from dbml._outcome(quality_drift.model) o;
  return query execute format($query$
    with judged as materialized (
      select q.at, q.entity, (q.score - q.outcome) ^ 2 as y
        from (%1$s) q
       where q.version = $2 and q.outcome is not null and q.arm not like 'shadow%%'
    ), edge as (
      select coalesce($3, min(j.at) + $4) as at from judged j
    ), cell as (
      select j.entity, (j.at >= e.at)::integer as side, avg(j.y) as y from judged j cross join edge e group by 1, 2
    ), whole as (
      select count(*) filter (where c.side = 0) as n0, avg(c.y) filter (where c.side = 0) as y0,
             count(*) filter (where c.side = 1) as n1, avg(c.y) filter (where c.side = 1) as y1,
             avg(c.side) as share, avg(c.y) as y, stddev_pop(c.y) filter (where c.side = 0) / 20 as effect
        from cell c
    ), entity as (
      select sum((c.side - w.share) * (c.y - w.y)) as dy, sum((c.side - w.share) ^ 2) as dd
        from cell c cross join whole w
       group by c.entity
    ), fitted as (
      select f.b, (f.yy - 2 * f.b * f.yd + f.b * f.b * f.dd2) / (f.dd * f.dd) as v
        from (select sum(e.dy) / nullif(sum(e.dd), 0) as b, sum(e.dd) as dd,
                     sum(e.dy * e.dy) as yy, sum(e.dy * e.dd) as yd, sum(e.dd * e.dd) as dd2
                from entity e) f
    )
    select $2, e.at, w.n0, w.y0, w.n1, w.y1, f.b, q.low, q.high, q.evidence, least(1, 1 / q.evidence),
           case when least(w.n0, w.n1) < 100 or q.evidence is null then 'insufficient_data'
                when q.evidence >= 100 and f.b > 0 then 'alert'
                else 'ok' end,
           case when least(w.n0, w.n1) < 100 then format('%%s and %%s entities are judged before and since; it takes 100 of each', w.n0, w.n1)
                when q.evidence is null then 'every prediction has the same loss'
                when q.evidence < 100 then format('the %2$s was %%s and is %%s, which noise explains', round(w.y0::numeric, 4), round(w.y1::numeric, 4))
                else format('the %2$s was %%s and is %%s', round(w.y0::numeric, 4), round(w.y1::numeric, 4)) end
      from whole w cross join fitted f cross join edge e
      left join lateral dbml._sequential(f.b, f.v, w.effect, 0.01) q on w.effect > 0$query$,
    dbml._ripe(quality_drift.model), loss)
    using least(quality_drift.as_of, now()), chosen, since, baseline;
end
$$;
comment on function dbml.quality_drift(text, interval, timestamptz, timestamptz, integer) is
  'Whether a version predicts worse than in its first time, by the outcomes that are known: the difference of its mean squared errors with an interval that holds, at 99 percent, however often one looks.';
