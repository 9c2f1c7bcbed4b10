-- An entity's events are numbered in the order of its commits: whoever writes the second holds the row that the first has
-- let go. So whoever reads all that is committed, in the order of numbers, and deletes what has gone out, needs no mark of
-- how far he is, and no transaction that is open can make him miss one.
create or replace function dbml._outbox_batch(
  rows integer, out id bigint, out event_id uuid, out transaction bigint, out at timestamptz, out topic text, out entity text[], out data jsonb
) returns setof record
language plpgsql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
-- However much waits, a batch is found by its index, also where nobody has analyzed the table since.
set enable_seqscan = off
as $$
declare
  reached bigint := 0;
  upto bigint;
begin
  -- Of two relays, which may be there for a moment, the second finds nothing to do. A row, because anybody may take an
  -- advisory lock, and would stop all events.
  insert into dbml.lock (name)
  select 'the outbox' where not exists (select from dbml.lock l where l.name = 'the outbox') on conflict do nothing;
  perform from dbml.lock l where l.name = 'the outbox' for update skip locked;
  if not found then
    return;
  end if;
  select max(f.id) into upto from (select o.id from dbml.outbox o order by o.id limit rows) f;
  -- Up to where nothing that is there would tear a transaction in two. Arrays, which an index answers.
  while upto > reached loop
    reached := upto;
    -- A sum, because the greatest of plain ids would be looked for from the end of the table on.
    select max(o.id + 0) into upto
      from dbml.outbox o
     where o.txid = any (array(select t.txid from dbml.outbox t where t.id <= reached));
  end loop;
  return query
    select o.id, o.event_id, o.txid, o.at, o.topic, o.entity, o.data
      from dbml.outbox o
     where o.id <= reached
     order by o.id;
end
$$;
comment on function dbml._outbox_batch(integer) is
  'The events that are to be relayed next, whole transactions; as long as the caller''s transaction lasts, nobody else gets any.';

create or replace function dbml._outbox_sent(ids bigint[]) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  delete from dbml.outbox o where o.id = any (ids)
$$;
comment on function dbml._outbox_sent(bigint[]) is 'Forgets events that have been relayed.';

create or replace function dbml.discard_events(topic text, before timestamptz default clock_timestamp(), event uuid default null) returns bigint
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with gone as (
    delete from dbml.outbox o
     where o.topic = discard_events.topic and o.at < before and (event is null or o.event_id = event)
    returning o.id
  )
  select count(*) from gone
$$;
comment on function dbml.discard_events(text, timestamptz, uuid) is
  'Throws away events of a topic that wait to be relayed, and will never be: those that were written before a moment, or one of them; returns how many.';
