-- What a version is compared with. The histograms of its sample come with it (dbml/models/artifact/reference.py); those of
-- a time in the log are made here, by the same rules.
create or replace function dbml._logged(model text, version integer) returns table ("position" integer, feature text, kind text, place integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select 0, 'score', 'number', null::integer
  union all
  select f.ordinality::integer, f.value ->> 'name', case f.value ->> 'kind' when 'text' then 'text' else 'number' end,
         (row_number() over (partition by f.value ->> 'kind' = 'text' order by f.ordinality))::integer
    from dbml.model_version v
   cross join lateral jsonb_array_elements(v.interface -> 'features') with ordinality f
   where v.model = _logged.model and v.version = _logged.version
   order by 1
$$;
comment on function dbml._logged(text, integer) is
  'What the log has of a version''s predictions: the score, and the features with their place among its numbers or texts.';

create or replace function dbml._judged_version(model text, version integer) returns integer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  judged integer := coalesce(version,
    (select s.version from dbml.serving s where s.model = _judged_version.model and s.arm = 'control'),
    (select max(v.version) from dbml.model_version v where v.model = _judged_version.model));
begin
  if not exists (select from dbml.model_version v where v.model = _judged_version.model and v.version = judged) then
    raise exception 'there is no %', concat_ws('@', model, version) using errcode = 'DB005', hint = 'dbml model list shows what there is';
  end if;
  return judged;
end
$$;
comment on function dbml._judged_version(text, integer) is 'The version that is asked about: the one given, else the one that serves, else the newest.';

create or replace function dbml._keep_reference(model text, version integer, histograms jsonb, source text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  kept boolean;
begin
  delete from dbml.reference r where r.model = _keep_reference.model and r.version = _keep_reference.version;
  begin
    insert into dbml.reference (model, version, position, feature, kind, place, edges, categories, low, high, counts, source)
    select _keep_reference.model, _keep_reference.version, f.position, f.feature, f.kind, f.place, h.edges, h.categories,
           h.low, h.high, h.counts, _keep_reference.source
      from dbml._logged(model, version) f
      join (select e.ordinality - 1 as position, t.*
              from jsonb_array_elements(histograms) with ordinality e
             cross join lateral jsonb_to_record(e.value)
                   as t(kind text, edges float8[], categories text[], low integer, high integer, counts bigint[])) h
        on h.position = f.position and h.kind = f.kind;
    -- Whoever adds a version may write what he likes, and others' queries rely on it.
    select count(*) = (select count(*) from dbml._logged(_keep_reference.model, _keep_reference.version)) and bool_and(coalesce(
             cardinality(r.counts) = cardinality(case r.kind when 'number' then r.edges::text[] else r.categories end) + 2
             and cardinality(r.counts) <= 200 and 0 <= all (r.counts)
             and r.low between 1 and cardinality(r.counts) and r.high between r.low - 1 and cardinality(r.counts)
             and (r.kind = 'text' or r.edges = array(select distinct x from unnest(r.edges) x where x > '-Infinity' and x < 'Infinity' order by x)), false))
      into kept
      from dbml.reference r
     where r.model = _keep_reference.model and r.version = _keep_reference.version;
  exception when data_exception or integrity_constraint_violation then
    kept := false;
  end;
  if not kept then
    raise exception 'the histograms of %@% are not what dbml writes', model, version using errcode = 'DB003';
  end if;
end
$$;
comment on function dbml._keep_reference(text, integer, jsonb, text) is
  'Keeps the histograms that a version is compared with, in place of those that it had.';

create or replace function dbml._edges(quantiles float8[]) returns table (edges float8[], low integer, high integer)
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with sorted as (select array(select distinct x from unnest(quantiles) x order by x) as q),
  found as (
    select s.q, s.q[1] as lowest, s.q[cardinality(s.q)] as highest,
           -- SQL has no word for the next number; a product that is too small for one is an error.
           s.q[cardinality(s.q)] + case when abs(s.q[cardinality(s.q)]) > 1e-300 then abs(s.q[cardinality(s.q)]) * 2.220446049250313e-16 else 1e-315 end as above,
           coalesce(nullif(greatest(abs(s.q[1]), abs(s.q[cardinality(s.q)])), 0), 1) as largest
      from sorted s
  ),
  wider as (
    select case when f.largest <= 1.7e308::float8 / 2 ^ i then f.largest * 2 ^ i end as doubled,
           case when abs(f.lowest) > 1e-300 then f.lowest * 0.5::float8 ^ i end as low_halved,
           case when abs(f.highest) > 1e-300 then f.highest * 0.5::float8 ^ i end as high_halved
      from found f cross join generate_series(0, 10) i
  ),
  parts as (
    select array(select distinct x from wider w cross join lateral (values (-w.doubled), (case when f.lowest > 0 then w.low_halved end), (0)) v(x)
                  where x < f.lowest order by x) as below,
           f.q || f.above as inside,
           array(select distinct x from wider w cross join lateral (values (w.doubled), (case when f.highest < 0 then w.high_halved end),
                                               (case when f.lowest >= 0 and f.highest <= 1 then 1 + 2.220446049250313e-16::float8 end)) v(x)
                  where x > f.above order by x) as beyond
      from found f
  )
  select p.below || p.inside || p.beyond, cardinality(p.below) + 2, cardinality(p.below) + cardinality(p.inside)
    from parts p
$$;
comment on function dbml._edges(float8[]) is
  'Edges of a number''s bins, its quantiles and beyond them bins that double; and the first and the last bin of values that there are.';

create or replace function dbml.set_reference(
  model text, since timestamptz, until timestamptz default now(), version integer default null
) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  judged integer := dbml._judged_version(model, version);
  logged record;
  quantiles float8[];
  found bigint;
  made jsonb := '[]';
  mark record;
begin
  perform dbml._hold('the histograms');
  select count(*) into found from dbml.log l
   where l.model = set_reference.model and l.version = judged and l.at >= since and l.at < until;
  if found < 30 then
    raise exception 'the log has % predictions of %@% in that time, and a reference needs 30', found, model, judged
      using errcode = 'DB008', hint = 'Give a longer time: select min(at), max(at), count(*) from dbml.prediction_log shows what there is.';
  end if;
  for logged in select * from dbml._logged(model, judged) loop
    if logged.kind = 'text' then
      made := made || (
        select jsonb_build_object('kind', 'text', 'low', 1, 'high', count(*), 'counts', array_fill(0, array[count(*)::integer + 2]),
                                  'categories', coalesce(jsonb_agg(c.value order by c.n desc, c.value), '[]'))
          from (select l.texts[logged.place] as value, count(*) as n from dbml.log l
                 where l.model = set_reference.model and l.version = judged and l.at >= since and l.at < until
                   and l.texts[logged.place] is not null
                 group by 1 order by 2 desc, l.texts[logged.place] limit 20) c);
    else
      select percentile_disc(array[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]) within group (order by x.value)
        into quantiles
        from (select case when logged.place is null then l.score else l.numbers[logged.place] end as value from dbml.log l
               where l.model = set_reference.model and l.version = judged and l.at >= since and l.at < until) x
       where x.value > '-Infinity' and x.value < 'Infinity';
      made := made || (
        select jsonb_build_object('kind', 'number', 'low', e.low, 'high', e.high, 'edges', e.edges,
                                  'counts', array_fill(0, array[cardinality(e.edges) + 2]))
          from (select * from dbml._edges(quantiles) where quantiles[1] is not null
                union all select '{}'::float8[], 1, 1 where quantiles[1] is null) e);
    end if;
  end loop;
  perform dbml._keep_reference(model, judged, made, format('logged from %s to %s', since, until));
  execute format('update dbml.reference r set counts = c.counts from (%s) c where r.model = $1 and r.version = $2 and r.position = c.position',
                 dbml._counting(model, judged, 'true',
                   format('dbml.log l where l.model = %L and l.version = %s and l.at >= %L and l.at < %L', model, judged, since, until)))
    using model, judged;
  -- What has been counted was in other bins.
  delete from dbml.histogram h where h.model = set_reference.model and h.version = judged;
  for mark in select m.segment, m.counted_to from dbml.histogram_mark m loop
    perform dbml._count(mark.segment, model, judged, 0, mark.counted_to);
  end loop;
  return found;
end
$$;
comment on function dbml.set_reference(text, timestamptz, timestamptz, integer) is
  'Compares a version from now on with what was logged in a time, and counts again what the log still has; returns how many predictions that time has.';
