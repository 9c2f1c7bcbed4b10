-- Deciles are those of the version's reference. It has a bin for each tenth, or fewer where many scores are equal: a bin is
-- of the tenth in which it begins.
create or replace function dbml._decile(model text, version bigint, score float8) returns integer
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select least(10, 1 + round(10 * b.below / b.n))::integer
    from dbml.reference r
   cross join lateral (
     select coalesce(sum(c.n) filter (where c.bin <= width_bucket(score, r.edges || 'NaN'::float8)), 0) as below, sum(c.n) as n
       from unnest(r.counts[2:]) with ordinality c(n, bin)
   ) b
   where r.model = _decile.model and r.version = _decile.version and r.position = 0 and score < 'NaN' and b.n > 0
$$;
comment on function dbml._decile(text, bigint, double precision) is
  'The tenth, 1 to 10, of the scores in a version''s reference that a score is in; NULL where there is no score or no reference.';

create or replace function dbml._score_change(
  model text, entity text[], relation oid, old jsonb, new jsonb, old_version bigint, new_version bigint, deciles integer[], because text[]
) returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select jsonb_build_object(
    'model', model,
    'version', new_version,
    'old_version', old_version,
    'arm', (select s.arm from dbml.serving s where s.model = _score_change.model and s.version = new_version order by s.arm limit 1),
    'profile', format('%I.%I', n.nspname, c.relname),
    'key', entity,
    'old', old,
    'new', new,
    'because', array_remove(because, null))
    || case when deciles is null then '{}' else jsonb_build_object('old_decile', deciles[1], 'decile', deciles[2]) end
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.oid = relation
$$;
comment on function dbml._score_change(text, text[], oid, jsonb, jsonb, bigint, bigint, integer[], text[]) is
  'What an event says of a score that has changed.';

-- Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
create or replace function dbml._subject(entity text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when cardinality(entity) = 1 then entity[1] else to_jsonb(entity)::text end
$$;
comment on function dbml._subject(text[]) is 'An entity as one text: brokers keep the order of what has one key.';

create or replace function dbml._cloud_event(event_id uuid, at timestamptz, entity text[], data jsonb) returns jsonb
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'specversion', '1.0',
    'id', event_id,
    'source', 'dbml:' || (data ->> 'profile'),
    'type', 'dbml.score.changed',
    'subject', dbml._subject(entity),
    'time', t.time,
    'datacontenttype', 'application/json',
    'data', data || jsonb_build_object('at', t.time))
    from to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00') t(time)
$$;
comment on function dbml._cloud_event(uuid, timestamptz, text[], jsonb) is 'An event as CloudEvents 1.0 has it in JSON.';

-- Only what has happened for good is read from the outbox: it is written in the statement's own transaction.
create or replace function dbml._publish(topic text, entity text[], data jsonb) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.outbox (topic, entity, data) values (topic, entity, data)
$$;
comment on function dbml._publish(text, text[], jsonb) is 'Writes an event to the outbox, from where a worker relays it.';

create or replace function dbml._emit(topic text, entity text[], data jsonb) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select pg_logical_emit_message(true, topic, dbml._cloud_event(gen_random_uuid(), clock_timestamp(), entity, data)::text)
$$;
comment on function dbml._emit(text, text[], jsonb) is
  'Writes an event to the write-ahead log, from where logical decoding reads it if the transaction commits.';

-- PostgreSQL takes 7,999 bytes, and would fail the statement for more.
create or replace function dbml._notify(topic text, entity text[], data jsonb) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select pg_notify(topic, t.told)
    from dbml._cloud_event(gen_random_uuid(), clock_timestamp(), entity, data) e
   cross join lateral unnest(array[e::text, (e - 'data')::text]) t(told)
   where octet_length(t.told) < 8000
   limit 1
$$;
comment on function dbml._notify(text, text[], jsonb) is
  'Tells an event to whoever listens when the transaction commits; one that is too large without its data, or not at all.';
