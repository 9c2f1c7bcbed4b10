create or replace function dbml._expire_window(profile integer, event integer) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  moved bigint;
begin
  execute format('select dbml_scorer.%I()', format('profile_%s_expire_%s', profile, event)) into moved;
  return moved;
end
$$;
comment on function dbml._expire_window(integer, integer) is
  'Moves the counters of one profile whose window over one event table has changed with time, in order of the profile''s key.';

create or replace function dbml._windows() returns table (profile integer, event integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select e.profile, e.position
    from dbml.event e
   where exists (select from jsonb_each(e.counters) c where c.value ->> 'over' is not null)
   order by e.profile, e.position
$$;
comment on function dbml._windows() is 'Every event table that has counters over a window of time, by its profile and its position.';

create or replace function dbml._expire_windows(profile integer) returns bigint
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select coalesce(sum(dbml._expire_window(w.profile, w.event)), 0)::bigint
    from dbml._windows() w
   where w.profile = _expire_windows.profile
$$;
comment on function dbml._expire_windows(integer) is 'Moves the counters of one profile whose window has changed with time.';

create or replace function dbml._forget_arrivals() returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  -- By then no transaction is left that could still have to wait for them.
  delete from dbml.arrival r where r.at < now() - interval '1 day'
$$;
comment on function dbml._forget_arrivals() is 'Removes the notes by which concurrent transactions have found each other''s new entities.';

-- In one transaction, which keeps its locks to the end: rows are locked in order of their key for one event table and
-- then for the next, so that a statement on several rows can meet it the other way round. Where that may be, every
-- window is moved in a transaction of its own, as the command does.
create or replace function dbml.rescore_due() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  due record;
  moved bigint := 0;
begin
  for due in select w.profile, w.event from dbml._windows() w loop
    moved := moved + dbml._expire_window(due.profile, due.event);
  end loop;
  perform dbml._forget_arrivals();
  return moved;
end
$$;
comment on function dbml.rescore_due() is
  'Recounts and rescores exactly the entities whose window of time has changed since the last call; returns their number.';
