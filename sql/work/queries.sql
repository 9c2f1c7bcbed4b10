-- name: take_duty
select dbml._take_duty(%(duty)s, %(worker)s, %(every)s, %(lease)s, %(early)s)

-- name: keep_duty
select dbml._keep_duty(%(duty)s, %(worker)s, %(lease)s, %(done)s, %(total)s)

-- name: end_duty
select dbml._end_duty(%(duty)s, %(worker)s, %(finished)s, %(done)s, %(error)s)

-- name: outbox_batch
-- The events that are to be relayed next.
select o.id, o.event_id, o.topic, dbml._subject(o.entity) as key, dbml._cloud_event(o.event_id, o.at, o.entity, o.data)::text as text
  from dbml._outbox_batch(%(rows)s) o
 order by o.id

-- name: outbox_waiting
-- What has waited to be relayed for longer than any relay that works leaves it.
select o.topic, o.waiting, pg_catalog.date_trunc('second', o.oldest)::text as oldest, j.error, pg_catalog.quote_literal(o.topic) as literal
  from dbml.outbox_status o
  left join dbml.job j on j.duty = 'relay' and j.state = 'failed'
 where o.oldest < pg_catalog.clock_timestamp() - interval '1 hour'
 order by o.topic

-- name: outbox_sent
-- Forgets events that have gone out.
select dbml._outbox_sent(%(ids)s)

-- name: consume
-- Claims an event; false where it was inserted before.
select dbml._consume(%(topic)s, %(event)s)

-- name: dead_letter
-- Keeps an event that cannot be inserted.
select dbml._dead_letter(%(topic)s, %(event)s, %(place)s, %(content)s, %(error)s)

-- name: forget_consumed
-- Forgets ids that were consumed longer ago.
select dbml._forget_consumed(%(older)s::interval)

-- name: insertable_columns
-- The columns of a table that a row can be given.
select a.attname as name
  from pg_catalog.pg_attribute a
 where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''

-- name: score_queued
-- Scores rows that wait.
select dbml._score_queued(%(rows)s)

-- name: in_recovery
-- Whether this is a standby.
select pg_catalog.pg_is_in_recovery();
