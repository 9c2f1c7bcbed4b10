-- A time of constant allocation is an epoch. Comparing within epochs only keeps a base rate that drifts while shares change
-- from looking like a difference between the arms.
create or replace function dbml._epochs(model text, as_of timestamptz)
returns table (since timestamptz, until timestamptz, strategy text, arm text, version integer, share float8)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with act as (
    select s.* from dbml.strategy_act s where s.model = _epochs.model and s.done_at <= as_of
  ), experiment as (
    select a.done_at as started, a.strategy,
           (select min(e.done_at) from act e where e.id > a.id and e.act in ('promote', 'abort')) as ended
      from act a where a.act = 'start' and a.strategy <> 'blue-green' order by a.id desc limit 1
  ), part as (
    select distinct on (a.done_at, a.arm) a.done_at, a.arm, a.version, a.share, x.strategy, x.ended
      from act a
     cross join experiment x
     where a.done_at >= x.started and a.act in ('start', 'share', 'step') and (x.ended is null or a.done_at < x.ended)
     order by a.done_at, a.arm, a.id desc
  )
  select p.done_at,
         coalesce((select min(n.done_at) from part n where n.done_at > p.done_at), p.ended, 'infinity'),
         p.strategy, p.arm, p.version, p.share::float8
    from part p
   order by p.done_at, p.arm
$$;
comment on function dbml._epochs(text, timestamptz) is
  'The shares of the arms that stood beside the control in the newest strategy of a model, and from when to when.';

-- A number of the profile from before, by which chance differences between the arms are evened out (CUPED).
create or replace function dbml._covariate(model text, covariate text) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached regclass := (dbml._outcome(model)).relation;
  kind "char" := (select t.typcategory
                    from pg_attribute a join pg_type t on t.oid = a.atttypid
                   where a.attrelid = attached and a.attname = covariate and a.attnum > 0 and not a.attisdropped);
begin
  if kind is null or kind <> 'N' then
    raise exception '% has no column % that is a number', attached, quote_literal(covariate)
      using errcode = 'DB009', hint = 'Name a column of the profile whose values are from before the experiment.';
  end if;
  if exists (select from dbml.event e join dbml.profile p on p.id = e.profile where p.relation = attached and e.counters ? covariate)
     or exists (select from dbml.prediction r join dbml.profile p on p.id = r.profile
                 where p.relation = attached and covariate in (r.column_name, r.version_column)) then
    raise exception 'column % of % moves while the experiment runs', quote_literal(covariate), attached
      using errcode = 'DB009', hint = 'What an arm may have changed cannot even out the arms; name a column whose values are from before.';
  end if;
  return format('r.%I::float8', covariate);
end
$$;
comment on function dbml._covariate(text, text) is 'SQL for a number of the profile that stood before an experiment; refuses what moves with it.';

-- Least squares by arm and epoch, for whatever differs between the arms: outcomes for an experiment, scores for a guard. The
-- texts are dbml's own: exposures yields epoch, arm, entity, version; judged, from them, epoch, arm, entity, y and x.
-- In them stand $1 the day as of which it is asked, $2 the beginnings of the epochs, $3 the end, and $4 the arms.
create or replace function dbml._between_arms(
  model text, exposures text, judged text, effect float8, rare boolean, as_of timestamptz, since timestamptz[], until timestamptz, arms text[]
) returns table (
  arm text, n bigint, mean float8, difference float8, low float8, high float8, evidence float8, p float8,
  version integer, fixed_low float8, fixed_high float8, few boolean, invalid boolean
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
set jit = off
as $$
#variable_conflict use_column
begin
  return query execute format($query$
    with exposure as materialized (%1$s),
    share as (
      select width_bucket(e.since, $2) as epoch, e.arm, e.share from dbml._epochs($5, $1) e
       union all
      select width_bucket(e.since, $2), 'control', 100 - sum(e.share) from dbml._epochs($5, $1) e group by 1
    ), arrived as (
      select f.epoch, f.arm, count(*) as entities
        from (select distinct on (hash_array_extended(x.entity, 0), x.entity) x.epoch, x.arm
                from exposure x order by hash_array_extended(x.entity, 0), x.entity, x.epoch) f
       group by f.epoch, f.arm
    ), ratio as (
      select coalesce(sum(r.evidence), 0) > ln(1000) as wrong
        from (select dbml._ratio_evidence(array_agg(coalesce(a.entities, 0)), array_agg(s.share)) as evidence
                from share s left join arrived a using (epoch, arm) where s.share > 0 group by s.epoch) r
    ), judged as materialized (
      %2$s
    ), cell as (
      select j.epoch, j.arm, count(*)::float8 as n, avg(j.y) as y, avg(j.x) as x, regr_sxx(j.y, j.x) as xx, regr_sxy(j.y, j.x) as xy
        from judged j group by j.epoch, j.arm
    ), slope as (
      select coalesce(sum(c.xy) / nullif(sum(c.xx), 0), 0) as x from cell c
    ), side as (
      select e.arm, count(*) as n, least(count(*) filter (where e.highest = 1), count(*) filter (where e.lowest = 0)) as rarer
        from (select j.arm, j.entity, max(j.y) as highest, min(j.y) as lowest from judged j group by j.arm, j.entity) e
       group by e.arm
    ), stratum as (
      -- The control and one arm of an epoch, for each arm.
      select v.arm, c.epoch, sum(c.n) filter (where c.arm = v.arm) / sum(c.n) as share,
             sum(c.n * c.y) / sum(c.n) as y, sum(c.n * c.x) / sum(c.n) filter (where c.x is not null) as x
        from unnest($4) v(arm) join cell c on c.arm in ('control', v.arm)
       group by v.arm, c.epoch
    ), entity as (
      -- What each entity adds to a least squares fit of the outcome by arm and epoch: entities are independent, and an
      -- entity in several epochs is not.
      select s.arm, sum(w.d * (j.y - s.y - t.x * coalesce(j.x - s.x, 0))) as dy, sum(w.d * w.d) as dd
        from judged j
        join stratum s on s.epoch = j.epoch and j.arm in ('control', s.arm)
       cross join slope t
       cross join lateral (select case when j.arm = s.arm then 1 else 0 end - coalesce(s.share, 0) as d) w
       group by s.arm, j.entity
    ), effect as (
      select f.arm, f.b, (f.yy - 2 * f.b * f.yd + f.b * f.b * f.dd2) / (f.dd * f.dd) as v
        from (select e.arm, sum(e.dy) / nullif(sum(e.dd), 0) as b, sum(e.dd) as dd,
                     sum(e.dy * e.dy) as yy, sum(e.dy * e.dd) as yd, sum(e.dd * e.dd) as dd2
                from entity e group by e.arm) f
    ), sized as (
      -- Where nobody has said what difference counts: a twentieth of a standard deviation.
      select coalesce(%3$L::float8, stddev_pop(j.y) / 20) as effect from judged j where j.arm = 'control'
    ), tested as (
      select u.arm, coalesce(d.n, 0) as n, m.mean, f.b, f.v, q.*, case when q.evidence is not null then least(1, cardinality($4) / q.evidence) end as p,
             case when %4$L then least(d.rarer, d0.rarer) < 10 else least(d.n, d0.n) < 400 end is distinct from false
               or u.arm <> 'control' and q.evidence is null as few,
             (select max(x.version) from exposure x where x.arm = u.arm) as version, u.place
        from unnest('control'::text || $4) with ordinality u(arm, place)
        left join side d on d.arm = u.arm
        left join side d0 on d0.arm = 'control'
        left join (select c.arm, sum(c.n * c.y) / sum(c.n) as mean from cell c group by c.arm) m on m.arm = u.arm
        left join effect f on f.arm = u.arm
       cross join sized z
        left join lateral dbml._sequential(f.b, f.v, z.effect, 0.05 / cardinality($4)) q on true
    )
    select t.arm, t.n, t.mean, t.b, t.low, t.high, t.evidence, t.p, t.version,
           t.b - 1.959963984540054 * sqrt(t.v), t.b + 1.959963984540054 * sqrt(t.v), t.few, r.wrong
      from tested t cross join ratio r
     order by t.place$query$, exposures, judged, effect, rare)
    using as_of, since, until, arms, model;
end
$$;
comment on function dbml._between_arms(text, text, text, float8, boolean, timestamptz, timestamptz[], timestamptz, text[]) is
  'Compares the means of what queries yield between the arms of a model''s newest strategy, within times of constant shares, with an interval that holds at every look; says whether there are too few, and whether they do not come in the shares that were set.';

create or replace function dbml.experiment(model text, covariate text default null, as_of timestamptz default now()) returns table (
  arm text, n bigint, mean float8, difference float8, low float8, high float8, evidence float8, p float8, state text,
  version integer, fixed_low float8, fixed_high float8, says text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  o record := dbml._outcome(model);
  arms text[];
  shadows boolean;
  since timestamptz[];
  until timestamptz;
  exposures text;
  probability boolean := o.output ->> 'kind' = 'probability';
begin
  select array_agg(distinct e.arm), bool_or(e.strategy = 'shadow'), array_agg(distinct e.since), max(e.until) into arms, shadows, since, until
    from dbml._epochs(model, as_of) e;
  if arms is null then
    raise exception 'no version has stood beside the one of % that serves', quote_literal(model)
      using errcode = 'DB030', hint = format('Compare two: dbml deploy %s@VERSION --strategy ab', model);
  end if;
  if shadows then
    if covariate is not null then
      raise exception 'the answers of a shadow of % are compared for each entity, where a column from before explains nothing', quote_literal(model)
        using errcode = 'DB030', hint = format('Leave it out: dbml experiment %s', model);
    end if;
    return query select * from dbml._paired(model, arms, since[1], until, least(as_of, now()));
    return;
  end if;
  -- An entity counts once an epoch, from its first prediction on. Where it has two arms, a statement from before the change
  -- has ended after it, and the later one is right.
  exposures := format($query$
    select distinct on (x.epoch, hash_array_extended(x.entity, 0), x.entity) x.*
      from (%s and p.at >= ($2)[1] and p.at < $3 and p.at <= $1 and p.arm = any ('control'::text || $4)
             group by 1, 2, 3) x
     order by x.epoch, hash_array_extended(x.entity, 0), x.entity, x.at desc$query$,
    dbml._answered(model, 'width_bucket(p.at, $2) as epoch, p.arm, p.entity, min(p.at) as at, max(p.version) as version'));
  return query
    select c.arm, c.n, c.mean, c.difference, c.low, c.high, c.evidence, c.p,
           case when c.invalid then 'invalid'
                when c.few then 'insufficient'
                when c.p <= 0.05 then case when (c.difference < 0) = (o.better = 'low') then 'better' else 'worse' end
                else 'running' end,
           c.version, c.fixed_low, c.fixed_high,
           case when c.invalid then 'the entities do not come in the shares that were set, so that the arms cannot be compared'
                when c.few and probability then 'each arm needs ten entities with the outcome and ten without, older than the horizon'
                when c.few then 'each arm needs 400 entities with an outcome, older than the horizon' end
      from dbml._between_arms(model, dbml._labelled(model, exposures), format($query$
             select x.epoch, x.arm, x.entity, x.outcome as y, %s as x
               from exposure x %s
              where x.at <= $1 - %L::interval and x.outcome is not null$query$,
             case when covariate is null then 'null::float8' else dbml._covariate(model, covariate) end,
             case when covariate is null then '' else format('left join %s r on %s = x.entity', o.relation, dbml._as_entity(o.relation, o.profile_key, 'r')) end,
             o.horizon), o.effect, probability, least(as_of, now()), since, until, arms) c;
end
$$;
comment on function dbml.experiment(text, text, timestamptz) is
  'Compares the arms of a model''s newest strategy by what came true: the difference of their means to the control''s with an interval that holds however often one looks, the evidence for a difference, and beside it the interval of a test that looks once.';
