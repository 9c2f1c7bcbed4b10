create or replace function dbml.histograms(
  model text, since timestamptz, until timestamptz default now(), step interval default null, version integer default null
) returns table (
  feature text, "position" integer, kind text, edges float8[], categories text[], low integer, high integer,
  reference bigint[], at timestamptz, counts bigint[]
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with part as (
    select h.position, case when step is null then since else date_bin(step, h.hour, '2000-01-01 00:00:00+00') end as at, h.counts
      from dbml.histogram h
     where h.model = histograms.model and h.version = dbml._judged_version(histograms.model, histograms.version)
       and h.hour >= since and h.hour < until
  ),
  bin as (
    select p.position, p.at, u.i, sum(u.c)::bigint as n
      from part p cross join lateral unnest(p.counts) with ordinality u(c, i)
     group by p.position, p.at, u.i
  )
  select r.feature, r.position, r.kind, r.edges, r.categories, r.low, r.high, r.counts, b.at, array_agg(b.n order by b.i)
    from dbml.reference r
    join bin b on b.position = r.position
   where r.model = histograms.model and r.version = dbml._judged_version(histograms.model, histograms.version)
   group by r.feature, r.position, r.kind, r.edges, r.categories, r.low, r.high, r.counts, b.at
   order by r.position, b.at
$$;
comment on function dbml.histograms(text, timestamptz, timestamptz, interval, integer) is
  'What was logged of a version in a time, all together or step by step: for each feature and the score the missing values, then each bin, beside those of the reference.';

create or replace function dbml._references(model text, version integer) returns table (
  feature text, "position" integer, kind text, edges float8[], categories text[], low integer, high integer, reference bigint[]
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select r.feature, r.position, r.kind, r.edges, r.categories, r.low, r.high, r.counts
    from dbml.reference r
   where r.model = _references.model and r.version = dbml._judged_version(_references.model, _references.version)
$$;
comment on function dbml._references(text, integer) is 'The histograms that a version is compared with, of the score and of each feature.';
