-- What one score costs here: microseconds for the session's first and for each in a long query, kilobytes
-- that the session has grown by, and whether a batch by numpy is worth its while.
create or replace function dbml._measure(
  model text, version integer, engine text, out cold_us float8, out warm_us float8, out memory_kb float8, out in_batches boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
set jit = off -- it would take longer to compile than to score these few rows
as $$
declare
  scorer dbml.scorer := dbml._scorer(model, version, engine);
  one record;
  memory float8 := dbml._session_memory();
  started timestamptz;
  -- An estimator takes milliseconds for a row.
  repeats integer := case scorer.engine when 'python' then 1 else 20 end;
  rows_at_most integer := case scorer.engine when 'python' then 20 else 200 end;
  measured bigint;
  -- Below, a batch does not pay for the import of numpy.
  slow_us constant float8 := 30;
  query text;
  call text;
  -- A row of a query has at most 1,664 columns.
  wide boolean;
  reading interval;
  scoring interval;
begin
  select * into one from dbml._golden_rows(model, version) g where not g.hurtful limit 1;
  wide := cardinality(one.numbers) + cardinality(one.texts) > 1600;
  started := clock_timestamp();
  perform dbml._score_arrays(scorer, one.numbers, one.texts);
  cold_us := extract(epoch from clock_timestamp() - started) * 1e6;
  -- Reading the rows is no part of scoring them: it is timed alone and taken off.
  query := format(
    'with golden as materialized ('
    '  select %s from dbml._golden_rows($1, $2) g where not g.hurtful limit $3) '
    'select %%s from golden cross join generate_series(1, $4)',
    case when wide then 'g.numbers, g.texts' else (select string_agg(input, ', ')
       from (select format('g.numbers[%s] as n%s', i, i - 1) from generate_series(1, cardinality(one.numbers)) i
              union all
             select format('g.texts[%s] as t%s', i, i - 1) from generate_series(1, cardinality(one.texts)) i) u(input)) end);
  call := dbml._scorer_call(scorer,
    array(select case when wide then format('numbers[%s]', i) else format('n%s', i - 1) end from generate_series(1, cardinality(one.numbers)) i),
    array(select case when wide then format('texts[%s]', i) else format('t%s', i - 1) end from generate_series(1, cardinality(one.texts)) i));
  -- The least of three: what else the machine does only ever adds.
  for attempt in 1..3 loop
    started := clock_timestamp();
    execute format(query, 'count(*)') into measured using model, version, rows_at_most, repeats;
    reading := least(reading, clock_timestamp() - started);
    started := clock_timestamp();
    execute format(query, format('count(%s)', call)) into measured using model, version, rows_at_most, repeats;
    scoring := least(scoring, clock_timestamp() - started);
  end loop;
  warm_us := greatest(0.1, extract(epoch from scoring - reading) * 1e6 / measured);
  memory_kb := dbml._session_memory() - memory;
  in_batches := engine = 'python';
  if engine = 'portable' and warm_us > slow_us then
    started := clock_timestamp();
    execute format(
      'select dbml._prime($1, $2, %s, %s) from dbml._golden_rows($3, $4) g cross join generate_series(1, 2000) '
      ' where g.place = $5',
      case cardinality(one.numbers) when 0 then '''{}''' else 'array_agg(g.numbers)' end,
      case cardinality(one.texts) when 0 then '''{}''' else 'array_agg(g.texts)' end)
      into measured using scorer.fingerprint, engine, model, version, one.place;
    -- None are scored where there is no numpy.
    in_batches := measured = 2000 and extract(epoch from clock_timestamp() - started) * 1e6 / 2000 < warm_us / 2;
  end if;
end
$$;
comment on function dbml._measure(text, integer, text) is 'Measures what a score of a version costs by an engine.';

create or replace function dbml._session_memory() returns float8
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  kilobytes float8;
begin
  if to_regprocedure('dbml._resident_memory()') is not null then
    execute 'select dbml._resident_memory()' into kilobytes;
  else
    select sum(c.total_bytes) / 1024.0 into kilobytes from pg_backend_memory_contexts c;
  end if;
  return kilobytes;
exception when insufficient_privilege then
  return null;
end
$$;
comment on function dbml._session_memory() is 'Kilobytes that this session holds; NULL where it may not be known.';
