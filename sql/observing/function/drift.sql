create or replace function dbml._said(number float8) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
    when number = 0 or number in ('Infinity', '-Infinity', 'NaN') or abs(number) >= 1e15 or abs(number) < 1e-4 then number::real::text
    when abs(number) >= 100 then to_char(number, 'FM999,999,999,999,990')
    else trim_scale(round(number::numeric, 2 - floor(log(abs(number)))::integer))::text end
$$;
comment on function dbml._said(float8) is 'A number with three digits, for a sentence.';

create or replace function dbml._median(edges float8[], counts bigint[]) returns float8
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with summed as (
    select i, c, sum(c) over (order by i) as upto, sum(c) over () / 2.0 as half
      from unnest(counts[2:]) with ordinality u(c, i)
  )
  -- By bins: the one that holds the middle, and the place of the middle between its edges.
  select case
    when s.i = 1 then edges[1]
    when s.i > cardinality(edges) then edges[cardinality(edges)]
    else edges[s.i - 1] + (edges[s.i] - edges[s.i - 1]) * ((s.half - (s.upto - s.c)) / s.c)::float8 end
    from summed s where s.upto >= s.half and s.c > 0 order by s.i limit 1
$$;
comment on function dbml._median(float8[], bigint[]) is 'The median by a histogram, as exact as its bins are narrow.';

create or replace function dbml._drift_says(
  r dbml.reference, live bigint[], statistic text, value float8, n bigint
) returns text
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  name text := r.feature;
  total float8 := (select sum(c) from unnest(r.counts) c);
  was float8;
  is_now float8;
  unit text := '';
  bin integer;
begin
  if r.kind = 'number' and statistic in ('psi', 'js', 'ks', 'out_of_range') then
    was := dbml._median(r.edges, r.counts);
    is_now := dbml._median(r.edges, live);
    unit := case
      when was > 0 and is_now > 5 * was or was < 0 and is_now < 5 * was then
        format('; its median is %s, %s times the %s it was: has its unit changed?', dbml._said(is_now), dbml._said(is_now / was), dbml._said(was))
      when was > 0 and is_now > 0 and is_now < was / 5 or was < 0 and is_now < 0 and is_now > was / 5 then
        format('; its median is %s, a %sth of the %s it was: has its unit changed?', dbml._said(is_now), dbml._said(was / is_now), dbml._said(was))
      else format('; its median is %s, it was %s', dbml._said(is_now), dbml._said(was)) end;
  end if;
  return case statistic
    when 'missing' then case
      when value = 1 then format('every %s is missing', name)
      else format('%s %% of %s are missing, %s %% were', dbml._said(value * 100), name, dbml._said(r.counts[1] / total * 100)) end
      || case when r.position = 0 then ': the model could not score these rows' else '' end
    when 'unseen' then format('%s %% of %s are categories that the reference does not have; %s %% were', dbml._said(value * 100), name,
                              dbml._said(r.counts[cardinality(r.counts)] / greatest(total - r.counts[1], 1) * 100))
    when 'out_of_range' then format('%s %% of %s lie outside %s to %s', dbml._said(value * 100), name,
                                    dbml._said(r.edges[r.low - 1]), dbml._said(r.edges[r.high])) || unit
    when 'constant' then format('%s is constant: all %s values are ', name, dbml._said(n)) || (
      select case
        when r.kind = 'text' then coalesce(quote_literal(r.categories[u.i]), 'categories that the reference does not have')
        when u.i = 1 then 'below ' || dbml._said(r.edges[1])
        when u.i > cardinality(r.edges) then 'above ' || dbml._said(r.edges[u.i - 1])
        else format('from %s to %s', dbml._said(r.edges[u.i - 1]), dbml._said(r.edges[u.i])) end
        from unnest(live[2:]) with ordinality u(c, i) order by u.c desc limit 1)
    else format('the distribution of %s has moved: %s is %s over %s values', name,
                case statistic when 'psi' then 'the population stability index' when 'js' then 'the Jensen–Shannon distance' else 'the Kolmogorov–Smirnov distance' end,
                dbml._said(value), dbml._said(n)) || unit end;
end
$$;
comment on function dbml._drift_says(dbml.reference, bigint[], text, float8, bigint) is 'What a statistic of drift means, in a sentence without an end.';

create or replace function dbml._window_counts(model text, version integer, since timestamptz, until timestamptz)
returns table ("position" integer, counts bigint[])
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.position, array_agg(s.n order by s.i)
    from (select h.position, u.i, sum(u.c)::bigint as n
            from dbml.histogram h cross join lateral unnest(h.counts) with ordinality u(c, i)
           where h.model = _window_counts.model and h.version = _window_counts.version
             and h.hour >= since and h.hour < until
           group by h.position, u.i) s
   group by s.position
$$;
comment on function dbml._window_counts(text, integer, timestamptz, timestamptz) is 'Histograms of some hours, as the sum of theirs.';

create or replace function dbml._compared(
  model text, version integer, "position" integer, counts bigint[], before bigint[], times integer default 1
) returns table (feature text, statistic text, value float8, threshold float8, n bigint, state text, says text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with tests as materialized (
    select times * sum(case r.kind when 'text' then 5 else 6 end)::integer as of_all
      from dbml.reference r where r.model = _compared.model and r.version = _compared.version
  ),
  windows as (
    select r as reference, w.counts, w.is_now
      from dbml.reference r
     cross join lateral (values (coalesce(_compared.counts, array_fill(0::bigint, array[cardinality(r.counts)])), true),
                                (coalesce(_compared.before, array_fill(0::bigint, array[cardinality(r.counts)])), false)) w(counts, is_now)
     where r.model = _compared.model and r.version = _compared.version and r.position = _compared.position
  ),
  found as materialized (
    select w.*, s.statistic, s.value, coalesce(h.value, s.threshold) as threshold, s.n, s.ordinality,
           s.value > coalesce(h.value, s.threshold) or s.statistic = 'constant' and s.value >= coalesce(h.value, s.threshold) as exceeded
      from windows w cross join tests
     cross join lateral dbml._drift_statistics((w.reference).kind, (w.reference).low, (w.reference).high, (w.reference).counts,
                                               w.counts, tests.of_all) with ordinality s
      left join dbml.threshold h
        on h.model = _compared.model and h.feature = (w.reference).feature and h.statistic = s.statistic
  )
  select (c.reference).feature, c.statistic, c.value, c.threshold, c.n,
         case when c.value is null or c.exceeded and b.value is null then 'insufficient_data' when c.exceeded and b.exceeded then 'alert' else 'ok' end,
         case
           when c.value is null then
             format('%s values in the window and %s in the reference: too few to tell', c.n,
                    (select sum(u) from unnest((c.reference).counts) u))
           when c.exceeded then
             dbml._drift_says(c.reference, c.counts, c.statistic, c.value, c.n)
             || case when b.value is null then ' – in this window; the one before has too few values to tell'
                    when b.exceeded then ''
                    else ' – in this window, and not in the one before' end
         end
    from found c
    join found b on b.statistic = c.statistic and not b.is_now
   where c.is_now
   order by array_position('{missing,unseen,out_of_range,constant,psi,js,ks}'::text[], c.statistic)
$$;
comment on function dbml._compared(text, integer, integer, bigint[], bigint[], integer) is
  'A feature of a window, and of the one before, beside its reference; TIMES is how many windows are compared at once.';

create or replace function dbml._windows_of_drift("window" interval, as_of timestamptz, out before timestamptz, out since timestamptz, out until timestamptz)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if "window" is null or as_of is null or not ("window" > interval '0' and "window" <= interval '10 years') then
    raise exception 'drift over a window of % cannot be told', coalesce("window"::text, 'no length')
      using errcode = 'DB008', hint = 'Give the length of a window, such as dbml.drift(''churn'', ''1 day'').';
  end if;
  if not isfinite(as_of) then
    raise exception 'drift as of % cannot be told', as_of
      using errcode = 'DB008', hint = 'Give a time of which there is a log, such as dbml.drift(''churn'', ''1 day'', ''2026-06-30'').';
  end if;
  -- Windows are whole hours, the last of them the one that is running.
  until := date_bin('1 hour', as_of, '2000-01-01 00:00:00+00') + interval '1 hour';
  since := until - ceil(extract(epoch from "window") / 3600)::integer * interval '1 hour';
  before := since - (until - since);
end
$$;
comment on function dbml._windows_of_drift(interval, timestamptz) is 'When a window begins and ends, and when the one before it began.';

create or replace function dbml._drifted(
  model text, "window" interval, as_of timestamptz, version integer
) returns table (
  feature text, statistic text, value float8, threshold float8, n bigint, state text, says text,
  version_of integer, since timestamptz, until timestamptz, categories text[]
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  judged integer := dbml._judged_version(model, version);
  w record := dbml._windows_of_drift("window", as_of);
begin
  if not exists (select from dbml.reference r where r.model = _drifted.model and r.version = judged) then
    return query
      select l.feature, null::text, null::float8, null::float8, 0::bigint, 'insufficient_data',
             format('%s@%s has no reference: give one by dbml.set_reference(%L, since, until), or add the model with --sample', _drifted.model, judged, _drifted.model),
             judged, w.since, w.until, null::text[]
        from dbml._logged(model, judged) l;
    return;
  end if;
  return query
    select d.feature, d.statistic, d.value, d.threshold, d.n, d.state, d.says, judged, w.since, w.until, r.categories
      from dbml.reference r
      left join dbml._window_counts(_drifted.model, judged, w.since, w.until) c on c.position = r.position
      left join dbml._window_counts(_drifted.model, judged, w.before, w.since) b on b.position = r.position
     cross join lateral dbml._compared(_drifted.model, judged, r.position, c.counts, b.counts) with ordinality
             d(feature, statistic, value, threshold, n, state, says, place)
     where r.model = _drifted.model and r.version = judged
     order by r.position, d.place;
end
$$;
comment on function dbml._drifted(text, interval, timestamptz, integer) is
  'What drift() returns but for values of rows, and where it was found.';

-- What a row holds is for whoever may read the log.
create or replace function dbml.drift(
  model text, "window" interval default '1 day', as_of timestamptz default now(), version integer default null
) returns table (feature text, statistic text, value float8, threshold float8, n bigint, state text, says text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  d record;
  newcomers text;
begin
  for d in select * from dbml._drifted(model, "window", as_of, version) loop
    newcomers := null;
    if d.statistic = 'unseen' and d.state = 'alert' and has_table_privilege('dbml.prediction_log', 'select') then
      select string_agg(quote_literal(left(x.category, 60)), ', ' order by x.n desc, x.category)
        into newcomers
        from (select l.features ->> d.feature as category, count(*) as n
                from (select p.features from dbml.prediction_log p
                       where p.model = drift.model and p.version = d.version_of and p.at >= d.since and p.at < d.until
                       limit 5000) l
               where l.features ->> d.feature <> all (d.categories)
               group by 1 order by 2 desc, 1 limit 3) x;
    end if;
    feature := d.feature; statistic := d.statistic; value := d.value; threshold := d.threshold; n := d.n; state := d.state;
    says := d.says || coalesce(': ' || newcomers, '');
    return next;
  end loop;
end
$$;
comment on function dbml.drift(text, interval, timestamptz, integer) is
  'How far what a version sees and answers has moved from its reference, over a window that ends now; an alert is what this window and the one before show.';

create or replace function dbml.set_threshold(model text, feature text, statistic text, value float8) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  if not exists (select from dbml._logged(set_threshold.model, dbml._judged_version(set_threshold.model, null)) l where l.feature = set_threshold.feature) then
    raise exception '% has no feature %', model, quote_literal(feature)
      using errcode = 'DB009', hint = 'Name one of its features, or score: dbml model show lists them.';
  end if;
  if statistic is null or statistic <> all ('{missing,unseen,out_of_range,constant,psi,js,ks}') then
    raise exception 'there is no statistic %', coalesce(quote_literal(statistic), 'NULL')
      using errcode = 'DB008', hint = 'The statistics: missing, unseen, out_of_range, constant, psi, js, ks.';
  end if;
  if value < 0 or value = 'NaN' then
    raise exception '% is no threshold', value using errcode = 'DB008', hint = 'Give a number of 0 or more; NULL brings the computed one back.';
  end if;
  delete from dbml.threshold t
   where t.model = set_threshold.model and t.feature = set_threshold.feature and t.statistic = set_threshold.statistic;
  insert into dbml.threshold (model, feature, statistic, value)
  select set_threshold.model, set_threshold.feature, set_threshold.statistic, set_threshold.value
   where set_threshold.value is not null;
end
$$;
comment on function dbml.set_threshold(text, text, text, float8) is
  'Sets a threshold of drift, which then stands as it is; NULL brings back the one that is computed.';
