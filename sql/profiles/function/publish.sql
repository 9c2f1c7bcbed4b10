-- Only what has happened for good is read from the outbox: it is written in the statement's own transaction.
create or replace function dbml._publish(
  model text, topic text, entity text[], relation oid, old jsonb, new jsonb, old_version bigint, new_version bigint, because text[]
) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.outbox (topic, entity, data)
  select topic, entity, jsonb_build_object(
    'model', model,
    'version', new_version,
    'old_version', old_version,
    'arm', (select s.arm from dbml.serving s where s.model = _publish.model and s.version = new_version order by s.arm limit 1),
    'profile', format('%I.%I', n.nspname, c.relname),
    'key', entity,
    'old', old,
    'new', new,
    'because', array_remove(because, null))
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.oid = relation
$$;
comment on function dbml._publish(text, text, text[], oid, jsonb, jsonb, bigint, bigint, text[]) is
  'Writes an event that a score has changed to the outbox, from where a worker relays it.';
