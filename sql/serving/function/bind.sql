-- Deploying replaces functions and touches no table, so it waits for no writer and no writer waits for it:
-- every session sees the new bodies at its next statement.
create or replace function dbml._bind(profile integer, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile;
begin
  -- One at a time: two models of one profile share its functions, and each must see what the other has deployed.
  perform dbml._hold('the profile ' || profile);
  select * into strict attached from dbml.profile p where p.id = _bind.profile;
  if not exists (select from pg_class c where c.oid = attached.relation) then
    -- Its table is gone, and every function with it: nothing is left that could be called.
    return 0;
  end if;
  return dbml._bind_fits(attached, anew)
       + dbml._bind_routing(attached, anew)
       + dbml._bind_scorers(attached, anew)
       + dbml._bind_row(attached, anew)
       + dbml._bind_batches(attached, anew)
       + dbml._bind_statement_end(attached, anew)
       + dbml._bind_learn(attached, anew);
end
$$;
comment on function dbml._bind(integer, boolean) is
  'Regenerates the scoring functions of a profile from its predictions and the versions deployed now: those that differ, or all anew; returns how many.';

create or replace function dbml._bind(profile integer) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._bind(profile, false)
$$;
comment on function dbml._bind(integer) is
  'Regenerates those scoring functions of a profile that are not what its predictions and the versions deployed now make them.';
