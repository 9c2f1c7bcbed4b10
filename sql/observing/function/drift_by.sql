-- Segments are of the profile as it is now, and are read with the caller's rights; so this reads the log, and no histograms.
create or replace function dbml.drift_by(
  model text, by text, "window" interval default '1 day', as_of timestamptz default now(), version integer default null
) returns table (segment text, feature text, statistic text, value float8, threshold float8, n bigint, state text, says text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set enable_sort = off
set jit = off
as $$
declare
  most constant integer := 50;
  judged integer := dbml._judged_version(model, version);
  w record := dbml._windows_of_drift("window", as_of);
  attached record := dbml._profile_of(model);
begin
  if not exists (select from pg_attribute a where a.attrelid = attached.relation and a.attname = by and a.attnum > 0 and not a.attisdropped) then
    raise exception '% has no column %', attached.relation, quote_literal(by)
      using errcode = 'DB009', hint = 'Name a column of the profile.';
  end if;
  return query execute format($query$
    with counted as materialized (%1$s),
    largest as (
      -- The score is of every row: its counts are the rows.
      select c.part[1] as segment, sum((select sum(u) from unnest(c.counts) u)) as n
        from counted c where c.position = 0 and c.part[2] = 'now'
       group by 1 order by 2 desc, 1 limit %2$s
    )
    select l.segment, d.feature, d.statistic, d.value, d.threshold, d.n, d.state, d.says
      from largest l
      join counted c on c.part[1] is not distinct from l.segment and c.part[2] = 'now'
      left join counted b on b.part[1] is not distinct from l.segment and b.part[2] = 'before' and b.position = c.position
     cross join lateral dbml._compared($1, $2, c.position, c.counts, b.counts, (select count(*) from largest)::integer) with ordinality
             d(feature, statistic, value, threshold, n, state, says, place)
     order by l.n desc, l.segment, c.position, d.place$query$,
    dbml._counting(model, judged, format('array[(r.%I)::text, case when l.at >= %L then ''now'' else ''before'' end]', by, w.since),
      format('dbml.prediction_log l left join %s r on %s = l.entity where l.model = %L and l.version = %s and l.at >= %L and l.at < %L',
        attached.relation, dbml._as_entity(attached.relation, attached.key::text[], 'r'),
        model, judged, w.before, w.until)),
    most)
    using model, judged;
end
$$;
comment on function dbml.drift_by(text, text, interval, timestamptz, integer) is
  'drift() for each of the 50 largest segments of a model''s entities, by a column of the profile as it is now.';

create or replace function dbml._profile_of(model text) returns table (relation regclass, key text[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return query
    select p.relation, p.key from dbml.profile p join dbml.prediction r on r.profile = p.id
     where r.model = _profile_of.model order by p.id limit 1;
  if not found then
    raise exception 'no attached table has a prediction of %', quote_literal(model)
      using errcode = 'DB009', hint = 'dbml status lists what is attached.';
  end if;
end
$$;
comment on function dbml._profile_of(text) is 'The table of the first profile with predictions of a model, and its key.';
