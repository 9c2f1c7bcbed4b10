create or replace function dbml._record_failure(
  profile integer, model text, version integer, entity text[], state text, message text
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning -- what the log says of a row is not for whoever asks to hear the log
as $$
declare
  refused bigint;
begin
  message := regexp_replace(message, '^plpy\.Error: ', '');
  insert into dbml.failure as f (profile, model, entity, version, sqlstate, message)
  select p.id, _record_failure.model, _record_failure.entity,
         _record_failure.version, _record_failure.state, left(_record_failure.message, 1000)
    from dbml.profile p
   -- While data is restored into a schema that is there already, dbml's own tables may still be empty.
   where p.id = _record_failure.profile
  on conflict on constraint failure_pkey do update
     set version = excluded.version, failed_at = excluded.failed_at,
         sqlstate = excluded.sqlstate, message = excluded.message;
  -- The log keeps it when the transaction, and with it the row above, is rolled back. Not each of a million rows: the first of
  -- a transaction, the tenth, the hundredth and so on; where statistics are off, each.
  refused := pg_stat_get_xact_tuples_inserted('dbml.failure'::regclass) + pg_stat_get_xact_tuples_updated('dbml.failure'::regclass);
  if refused < 2 or log(refused) = trunc(log(refused)) then
    raise log 'dbml: %@% could not score % of %, row % of this transaction that is refused: % (%)', model, version, entity,
      (select p.relation from dbml.profile p where p.id = profile), greatest(refused, 1), message, state;
  end if;
  -- After the row, whose table stays locked: see _forget_failures.
  perform nextval('dbml.failures');
end
$$;
comment on function dbml._record_failure(integer, text, integer, text[], text, text) is
  'Queues an entity that could not be scored, and writes the reason to the server log.';

-- As long as no row has failed, triggers ask the sequence, which costs a tenth of what asking the table does.
create or replace function dbml._forget_failures() returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- Nobody is recording a failure now, and whoever comes next calls the sequence after this.
  lock table dbml.failure in exclusive mode nowait;
  if not exists (select from dbml.failure) then
    perform setval('dbml.failures', 1, false);
  end if;
exception when lock_not_available then
  return;
end
$$;
comment on function dbml._forget_failures() is 'Lets triggers look for failures no longer, where none is left.';
