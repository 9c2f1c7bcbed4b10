create or replace function dbml._refuse_disagreement(profile text, event text, counters text[], figures jsonb) returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  differing text;
begin
  -- A column where no row holds anything yet disagrees with nobody: it is new.
  select string_agg(format('counter "%s" of %s disagrees with %s in %s rows', c.name, profile, event, figures ->> format('disagree_%s', c.i - 1)),
                    '; ' order by c.i)
    into differing
    from unnest(counters) with ordinality c(name, i)
   where (figures ->> format('disagree_%s', c.i - 1))::bigint > 0
     and (figures ->> format('held_%s', c.i - 1))::bigint > 0;
  if differing is not null then
    raise exception '%', differing
      using errcode = 'DB010',
            hint = 'It may hold an opening balance. To overwrite it with what the events say, give --backfill, in a migration backfill=True.';
  end if;
end
$$;
comment on function dbml._refuse_disagreement(text, text, text[], jsonb) is
  'Refuses counters that hold anything but what their events say: rows that disagree, and rows that hold a value, by counter.';
