create or replace function dbml._consume(topic text, event text) returns boolean
language plpgsql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- Another consumer that has the same event at this moment is waited for.
  insert into dbml.consumed (topic, event) values (topic, event) on conflict do nothing;
  return found;
end
$$;
comment on function dbml._consume(text, text) is
  'Claims an event of others for the caller''s transaction; false where it has been inserted already.';

create or replace function dbml._dead_letter(topic text, event text, place text, content bytea, error text) returns void
language sql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.dead_letter (topic, event, place, content, error)
  values (topic, event, place, content, error) on conflict do nothing
$$;
comment on function dbml._dead_letter(text, text, text, bytea, text) is 'Keeps an event of others that cannot be inserted.';

create or replace function dbml._forget_consumed(older interval) returns bigint
language plpgsql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  forgotten bigint;
begin
  delete from dbml.consumed c where c.at < clock_timestamp() - older;
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
comment on function dbml._forget_consumed(interval) is 'Forgets the ids of events that were consumed longer ago.';
