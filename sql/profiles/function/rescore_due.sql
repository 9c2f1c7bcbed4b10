create or replace function dbml._due_profiles() returns table (profile integer, name text, waiting bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select p.id, p.relation::text, (select count(*) from dbml.due w where w.profile = p.id)
    from dbml.profile p
   where exists (select from dbml.event e
                  cross join lateral jsonb_each(e.counters) c
                  where e.profile = p.id and c.value ->> 'over' is not null)
   order by p.id
$$;
comment on function dbml._due_profiles() is 'Every profile that has counters over a window of time, with how many of its entities are known to be due.';

create or replace function dbml._collect_due(profile integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute format('select dbml_scorer.%I()', format('profile_%s_due', profile));
end
$$;
comment on function dbml._collect_due(integer) is
  'Notes the entities of a profile whose window has changed with time since the last call; locks none of them.';

create or replace function dbml._expire_due(profile integer, rows integer) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  moved bigint;
begin
  execute format('select dbml_scorer.%I($1)', format('profile_%s_expire', profile)) into moved using rows;
  return moved;
end
$$;
comment on function dbml._expire_due(integer, integer) is
  'Moves the counters of the next entities of a profile that are due, all where rows is NULL, locked in order of their key; NULL where none was due.';

create or replace function dbml._expire_windows(profile integer) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml._collect_due(profile);
  return coalesce(dbml._expire_due(profile, null), 0);
end
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

-- In one transaction, which keeps its locks to the end; the command takes batches.
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
  for due in select d.profile from dbml._due_profiles() d loop
    moved := moved + dbml._expire_windows(due.profile);
  end loop;
  perform dbml._forget_arrivals();
  return moved;
end
$$;
comment on function dbml.rescore_due() is
  'Recounts and rescores exactly the entities whose window of time has changed since the last call; returns their number.';
