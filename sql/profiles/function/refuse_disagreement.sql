create or replace function dbml._refuse_disagreements(profile text, counted jsonb) returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  differing text;
begin
  -- A column where no row holds anything yet disagrees with nobody: it is new.
  select string_agg(format('counter "%s" of %s disagrees with %s in %s rows', c.name, profile, e.f ->> 'event', e.f ->> format('disagree_%s', c.i - 1)),
                    '; ' order by e.n, c.i)
    into differing
    from jsonb_array_elements(counted) with ordinality e(f, n)
   cross join lateral jsonb_array_elements_text(e.f -> 'counters') with ordinality c(name, i)
   where (e.f ->> format('disagree_%s', c.i - 1))::bigint > 0
     and (e.f ->> format('held_%s', c.i - 1))::bigint > 0;
  if differing is not null then
    raise exception '%', differing
      using errcode = 'DB010',
            hint = 'It may hold an opening balance. To overwrite it with what the events say, give --backfill, in a migration backfill=True.';
  end if;
end
$$;
comment on function dbml._refuse_disagreements(text, jsonb) is
  'Refuses counters that hold anything but what their events say: for each event table, rows that disagree, and rows that hold a value, by counter.';
