-- How long a score takes is measured beside the inserts, on real rows: two looks at the clock would cost an insert as much as
-- four columns of the log (docs/notes/insert.md). Buckets end at 1, 2, 5, 10 … microseconds, up to half a second; the last is what is longer.
create or replace function dbml._timing_edges() returns float8[]
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(m * 10 ^ e order by m * 10 ^ e) from generate_series(0, 5) e cross join unnest('{1,2,5}'::float8[]) m
$$;
comment on function dbml._timing_edges() is 'The upper ends of the buckets of times, in microseconds; the last bucket has none.';

create or replace function dbml._times(attached dbml.profile, prediction dbml.prediction, scorer dbml.scorer, rows integer) returns float8[]
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  inputs record := dbml._feature_inputs(prediction, scorer, 'c');
  pages integer := (select c.relpages from pg_class c where c.oid = attached.relation and c.relkind = 'r');
  took float8[];
begin
  -- A target list is computed from left to right. Of a large table some pages are read, and of what could not be scored nothing.
  execute format($query$
    select array_agg(extract(epoch from t.ended - t.began)::float8 * 1000000)
      from (select clock_timestamp() as began, %1$s as score, clock_timestamp() as ended
              from (select c.* from %2$s c %3$s
                     where c.%4$s is not null
                       and not exists (select from dbml.failure f where f.profile = %5$s and f.model = %6$L and f.entity = %7$s)
                     limit $1) c
            offset 0) t$query$,
    dbml._scorer_call(scorer, inputs.numbers, inputs.texts), attached.relation,
    case when pages > 1000 then format('tablesample system (%s)', 100 * 1000 / pages::numeric) else '' end,
    dbml._quoted(prediction.column_name), attached.id, prediction.model, dbml._entity(attached, 'c'))
    into took using rows;
  return took;
exception when others then
  -- A row that has become unscorable meanwhile is the next round's matter.
  return null;
end
$$;
comment on function dbml._times(dbml.profile, dbml.prediction, dbml.scorer, integer) is
  'What scores of some rows of a profile take by one version, in microseconds each; NULL where that cannot be told.';

create or replace function dbml._count_times(model text, version integer, engine text, took float8[]) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.timing as t (model, version, engine, counts, seconds)
  select model, version, engine,
         (select array_agg(coalesce(n.n, 0) order by b)
            from generate_series(0, cardinality(dbml._timing_edges())) b
            left join (select (select count(*) from unnest(dbml._timing_edges()) e where e < u.took) as b, count(*) as n
                         from unnest(took) u(took) group by 1) n using (b)),
         (select coalesce(sum(u.took), 0) / 1000000 from unnest(took) u(took))
  on conflict on constraint timing_pkey do update
     set counts = (select array_agg(u.a + u.b order by u.i) from unnest(t.counts, excluded.counts) with ordinality u(a, b, i)),
         seconds = t.seconds + excluded.seconds
$$;
comment on function dbml._count_times(text, integer, text, float8[]) is 'Adds times, in microseconds, to the histogram of a version.';

create or replace function dbml.measure_scores(rows integer default 200) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  route record;
  took float8[];
  measured bigint := 0;
begin
  for route in
    select p as attached, r as prediction, dbml._scorer(s.model, s.version) as scorer
      from dbml.serving s
      join dbml.prediction r on r.model = s.model
      join dbml.profile p on p.id = r.profile
     order by p.id, s.model, s.arm
  loop
    -- What the session loads first is no score's time.
    perform dbml._times(route.attached, route.prediction, route.scorer, 1);
    took := dbml._times(route.attached, route.prediction, route.scorer, rows);
    if took is not null then
      perform dbml._count_times((route.scorer).model, (route.scorer).version, (route.scorer).engine, took);
      measured := measured + cardinality(took);
    end if;
  end loop;
  return measured;
end
$$;
comment on function dbml.measure_scores(integer) is
  'Measures what scores take, on so many rows of each profile by each version that serves or answers beside it, and adds them to the histogram in dbml.metrics; returns how many.';
