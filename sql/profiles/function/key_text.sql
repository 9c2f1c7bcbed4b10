-- A key is kept beside its table as texts: in the log, with a failure, in an event. What a session sets must not decide them, or one
-- entity is two. Moments are in UTC and, like dates, as ISO 8601 has them; other types have one text whatever is set.
create or replace function dbml._key_text(value date) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select to_jsonb(value) #>> '{}'
$$;
comment on function dbml._key_text(date) is 'A date as a text that no DateStyle changes.';

create or replace function dbml._key_text(value timestamp) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select replace(to_jsonb(value) #>> '{}', 'T', ' ')
$$;
comment on function dbml._key_text(timestamp) is 'A timestamp as a text that no DateStyle changes.';

-- A zone follows the digits, and so comes before BC; infinity has none.
create or replace function dbml._key_text(value timestamptz) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select regexp_replace(replace(to_jsonb(value at time zone 'UTC') #>> '{}', 'T', ' '), '(\d)($| BC)', '\1+00\2')
$$;
comment on function dbml._key_text(timestamptz) is 'A moment as a text that no DateStyle and no TimeZone changes.';

create or replace function dbml._key_text(value bytea) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select '\x' || encode(value, 'hex')
$$;
comment on function dbml._key_text(bytea) is 'Bytes as a text that no bytea_output changes.';

create or replace function dbml._as_key(input text, type oid) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when coalesce((select nullif(t.typbasetype, 0) from pg_type t where t.oid = type), type)
                   in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'bytea'::regtype)
              then format('dbml._key_text(%s)', input) else input || '::text' end
$$;
comment on function dbml._as_key(text, oid) is 'SQL for the text of a part of a key, from SQL for its value.';

create or replace function dbml._as_entity(relation oid, key text[], row_name text) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('array[%s]', string_agg(dbml._as_key(format('%s.%s', row_name, dbml._quoted(k)), a.atttypid), ', ' order by i))
    from unnest(key) with ordinality u(k, i)
    left join pg_attribute a on a.attrelid = relation and a.attname = k and not a.attisdropped
$$;
comment on function dbml._as_entity(oid, text[], text) is
  'SQL for the key of a row as it is kept elsewhere: an array of texts.';
