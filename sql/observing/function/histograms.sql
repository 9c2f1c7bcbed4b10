-- Histograms of what is logged, by the hour, in the bins of the version's reference. A row is counted once, whenever it was
-- committed: its transaction's number says whether it was there at the count before, and the clock is not asked.
create or replace function dbml._counting(model text, version integer, part text, source text) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  r record;
  bin text;
  bins text[] := '{}';
  names text[] := '{}';
  sizes integer[] := '{}';
begin
  for r in select * from dbml.reference f where f.model = _counting.model and f.version = _counting.version order by f.position loop
    if r.kind = 'text' then
      bin := format('case when l.texts[%s] is not null then coalesce(array_position(%L::text[], l.texts[%s]), %s) when l.numbers is not null then 0 end',
                    r.place, r.categories, r.place, cardinality(r.categories) + 1);
    else
      -- NaN is above every number: as the last edge it has a bin of its own, which becomes that of missing values.
      bin := format('coalesce(nullif(width_bucket(%s, %L::float8[]), %s) + 1, %s)',
                    coalesce('l.numbers[' || r.place || ']', 'l.score'), r.edges || 'NaN'::float8, cardinality(r.edges) + 1,
                    case when r.place is null then '0' else 'case when l.numbers is not null then 0 end' end);
    end if;
    bins := bins || bin;
    names := names || format('b%s', r.position);
    sizes := sizes || cardinality(r.counts);
  end loop;
  -- All features in one reading: each is a grouping of its own, and NULL in the others'.
  return format($query$
    with counted as materialized (
      select s.part, array_position(array[%1$s], true) - 1 as position, coalesce(%2$s) as bin, count(*) as n
        from (select %3$s as part, %4$s from %5$s offset 0) s
       group by grouping sets (%6$s)
    )
    select g.part, g.position,
           array(select coalesce(g.n[array_position(g.bins, b)], 0) from generate_series(0, (%7$L::integer[])[g.position + 1] - 1) b order by b) as counts
      from (select u.part, u.position, array_agg(u.bin) as bins, array_agg(u.n) as n
              from counted u where u.position is not null group by u.part, u.position) g$query$,
    (select string_agg(format('s.%s is not null', n), ', ' order by i) from unnest(names) with ordinality u(n, i)),
    (select string_agg(format('s.%s', n), ', ' order by i) from unnest(names) with ordinality u(n, i)),
    part,
    (select string_agg(format('%s as %s', b, n), ', ' order by i) from unnest(bins, names) with ordinality u(b, n, i)),
    source,
    (select string_agg(format('(s.part, s.%s)', n), ', ' order by i) from unnest(names) with ordinality u(n, i)),
    sizes);
end
$$;
comment on function dbml._counting(text, integer, text, text) is
  'A query for histograms (part, position, counts) of rows of the log, in the bins of a version''s reference, for each value of PART.';

-- Between two transactions, the second not included. A row's xmin has 32 bits, and so it is compared by its age.
create or replace function dbml._written(after bigint, before bigint) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('age(l.xmin) > %s and age(l.xmin) <= %s', dbml._age(before), dbml._age(after))
$$;
comment on function dbml._written(bigint, bigint) is 'A condition for rows of the log that are of these transactions.';

create or replace function dbml._age(transaction bigint) returns integer
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when pg_snapshot_xmax(pg_current_snapshot())::text::bigint - transaction > 2000000000 or transaction < 3 then 2147483647
              else age((greatest(transaction & 4294967295, 3))::text::xid) end
$$;
comment on function dbml._age(bigint) is 'How many transactions ago one was, as age() says it of 32 bits.';

create or replace function dbml._count(segment bigint, model text, version integer, after bigint, before bigint) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
set enable_sort = off -- the planner cannot know that bins are few, and would sort the log for each feature
set jit = off
set work_mem = '64MB'
as $$
begin
  if to_regclass(format('dbml.log_%s', segment)) is null
     or not exists (select from dbml.reference r where r.model = _count.model and r.version = _count.version) then
    return;
  end if;
  execute format($query$
    insert into dbml.histogram as h (model, version, segment, hour, position, counts)
    select %L, %s, %s, c.part, c.position, c.counts from (%s) c
    on conflict on constraint histogram_pkey do update
       set counts = (select array_agg(u.a + u.b order by u.i) from unnest(h.counts, excluded.counts) with ordinality u(a, b, i))$query$,
    model, version, segment,
    -- By the hour, because the counts of one hour fit the processor's cache: rows in no order took twice as long, and sorted ones take an eighth more.
    dbml._counting(model, version, 'date_bin(''1 hour'', l.at, ''2000-01-01 00:00:00+00'')',
      format('dbml.%I l where l.model = %L and l.version = %s and %s order by 1', format('log_%s', segment), model, version, dbml._written(after, before))));
end
$$;
comment on function dbml._count(bigint, text, integer, bigint, bigint) is
  'Counts what these transactions have logged of a version in a segment; its caller holds the histograms.';

create or replace function dbml._count_segment(segment bigint) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
set enable_sort = off -- the planner cannot know that groups are few, and would sort the log
set jit = off
as $$
declare
  name text := format('dbml.%I', format('log_%s', segment));
  upto bigint;
  counted_as oid;
  counted_to bigint;
  complete boolean;
  served text[];
  one record;
  counted_before bigint;
  later boolean := true;
begin
  perform dbml._hold('the histograms');
  if to_regclass(name) is null then
    return 0;
  end if;
  -- Whatever is older has ended, and what it has committed is seen by each of the statements below.
  upto := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  select m.relation, m.counted_to, m.complete into counted_as, counted_to, complete
    from dbml.histogram_mark m where m.segment = _count_segment.segment;
  if counted_as is distinct from to_regclass(name)::oid then
    -- New, or restored from a dump, with other numbers of transactions.
    delete from dbml.histogram h where h.segment = _count_segment.segment;
    delete from dbml.tally t where t.segment = _count_segment.segment;
    counted_to := 0;
  elsif complete then
    return 0;
  end if;
  -- What became of the profile's row is not in the log, but what the profile asks for is known.
  counted_before := (select coalesce(sum(t.n), 0) from dbml.tally t where t.segment = _count_segment.segment);
  execute format($query$
    with counted as (
      insert into dbml.tally as t (segment, model, version, arm, outcome, reason, n)
      select $1, x.model, x.version, x.arm,
             case when x.reason = '' then 'scored' when x.reason <> 'DB013' then 'failed' when r.on_error = 'null' then 'refused' else 'kept' end,
             x.reason, sum(x.n)
        from (select l.profile, l.model, l.version, l.arm, coalesce(substring(l.failure for 5), '') as reason, count(*) as n
                from %s l where %s group by 1, 2, 3, 4, 5) x
        left join dbml.profile p on p.relation = x.profile
        left join dbml.prediction r on r.profile = p.id and r.model = x.model
       group by 1, 2, 3, 4, 5, 6
      on conflict on constraint tally_pkey do update set n = t.n + excluded.n
      returning model, version
    )
    select array_agg(distinct model || ' ' || version) from counted$query$, name, dbml._written(counted_to, upto))
    into served using segment;
  for one in select split_part(s, ' ', 1) as model, split_part(s, ' ', 2)::integer as version from unnest(served) s loop
    perform dbml._count(segment, one.model, one.version, counted_to, upto);
  end loop;
  -- Nobody writes to a closed segment any more once it could be locked for its indexes.
  if exists (select from dbml.log_segment s where s.number = segment and s.indexed) then
    execute format('select exists (select from %s l where age(l.xmin) <= %s)', name, dbml._age(upto)) into later;
  end if;
  insert into dbml.histogram_mark as m (segment, relation, counted_to, complete)
  values (_count_segment.segment, to_regclass(name), upto, not later)
  on conflict on constraint histogram_mark_pkey do update
     set relation = excluded.relation, counted_to = excluded.counted_to, complete = excluded.complete, counted_at = now();
  return (select coalesce(sum(t.n), 0) from dbml.tally t where t.segment = _count_segment.segment) - counted_before;
end
$$;
comment on function dbml._count_segment(bigint) is
  'Counts what was committed to a segment of the log since it was counted last; returns how many rows.';

create or replace function dbml._uncounted() returns setof bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.number
    from dbml.log_segment s
    left join dbml.histogram_mark m on m.segment = s.number
   where m.complete is not true or m.relation is distinct from to_regclass(format('dbml.log_%s', s.number))::oid
   order by s.number
$$;
comment on function dbml._uncounted() is 'Segments of the log that may have something to count.';

create or replace function dbml.update_histograms() returns bigint
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select coalesce(sum(dbml._count_segment(s)), 0)::bigint from dbml._uncounted() s
$$;
comment on function dbml.update_histograms() is
  'Counts what was logged since the last call into the histograms that drift() reads; returns how many rows. Safe to repeat, and for any number of callers.';
