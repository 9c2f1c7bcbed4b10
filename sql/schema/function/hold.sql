-- One transaction at a time changes a model, a deployment, a profile's functions. Rows of dbml's own, because an advisory
-- lock is anybody's to hold. Whoever has waited in vain is told for whom.
create or replace function dbml._hold(name text) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  holders text;
  processes text;
begin
  if name is null then
    raise exception 'no model was named' using errcode = 'DB005', hint = 'dbml model list shows what there is.';
  end if;
  begin
    insert into dbml.lock (name) values (_hold.name) on conflict do nothing;
    perform from dbml.lock l where l.name = _hold.name for update;
    return;
  exception when lock_not_available then
    null;
  end;
  -- Who waits has a lock on the table as well; who holds a row of it does not wait.
  select string_agg(format('role %s in process %s', a.usename, a.pid), ' or '),
         string_agg(format('select pg_terminate_backend(%s)', a.pid), ' or ')
    into holders, processes
    from pg_stat_activity a
   where a.pid <> pg_backend_pid()
     and exists (select from pg_locks k
                  where k.pid = a.pid and k.granted and k.relation = 'dbml.lock'::regclass
                    and k.database = (select d.oid from pg_database d where d.datname = current_database()))
     and not exists (select from pg_locks k where k.pid = a.pid and not k.granted);
  raise exception '% is held by % for more than 10 seconds', _hold.name, coalesce(holders, 'a prepared transaction')
    using errcode = 'DB011',
          hint = 'Nothing was changed. Try again when that transaction has ended'
                 || coalesce(format(', or have an administrator end it: %s', processes), '.');
end
$$;
comment on function dbml._hold(text) is
  'Lets no other transaction pass here under the same name until this one ends; after ten seconds names who holds it.';

create or replace function dbml._lock_model(model text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._hold('the model ' || model)
$$;
comment on function dbml._lock_model(text) is 'Lets nobody else add a version of a model until the transaction ends.';
