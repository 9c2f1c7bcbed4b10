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
as $$
begin
  -- Of two relays, which may be there for a moment, the second finds nothing to do. A row, because anybody may take an
  -- advisory lock, and would stop all events.
  insert into dbml.lock (name)
  select 'the outbox' where not exists (select from dbml.lock l where l.name = 'the outbox') on conflict do nothing;
  perform from dbml.lock l where l.name = 'the outbox' for update skip locked;
  if not found then
    return;
  end if;
  return query
    -- Up to where nothing that is there would tear a transaction in two.
    with recursive reached(upto) as (
      select max(f.id) from (select o.id from dbml.outbox o order by o.id limit rows) f
      union
      select (select max(o.id) from dbml.outbox o
               where o.txid in (select t.txid from dbml.outbox t where t.id <= r.upto))
        from reached r
       where r.upto is not null
    )
    select o.id, o.event_id, o.txid, o.at, o.topic, o.entity, o.data
      from dbml.outbox o
     where o.id <= (select max(r.upto) from reached r)
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
