create or replace function dbml._expire_windows(profile integer) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event integer;
  moved bigint;
  total bigint := 0;
begin
  for event in
    select e.position
      from dbml.event e
     where e.profile = _expire_windows.profile
       and exists (select from jsonb_each(e.counters) c where c.value ->> 'over' is not null)
     order by e.position
  loop
    execute format('select dbml_scorer.%I()', format('profile_%s_expire_%s', profile, event)) into moved;
    total := total + moved;
  end loop;
  return total;
end
$$;
comment on function dbml._expire_windows(integer) is 'Moves the counters of one profile whose window has changed with time.';

create or replace function dbml.rescore_due() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  attached integer;
  moved bigint := 0;
begin
  for attached in select p.id from dbml.profile p order by p.id loop
    moved := moved + dbml._expire_windows(attached);
  end loop;
  -- By then no transaction is left that could still have to wait for them.
  delete from dbml.arrival r where r.at < now() - interval '1 day';
  return moved;
end
$$;
comment on function dbml.rescore_due() is
  'Recounts and rescores exactly the entities whose window of time has changed since the last call; returns their number.';
