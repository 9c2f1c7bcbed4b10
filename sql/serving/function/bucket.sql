-- A profile's bucket_column is mixed by whole numbers alone, which are the same wherever a database moves. Without one it
-- is a hash of PostgreSQL's own, a microsecond cheaper than any other way. Nobody documents that it is the same everywhere: _hashes_differ
-- compares it with known answers.
create or replace function dbml._bucket(attached dbml.profile, model text, keys text[]) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  hash text := quote_literal(hashtextextended(model, 0)) || '::int8';
  part record;
  own regproc;
begin
  if dbml._bucket_column(attached) is not null then
    return dbml._mixed(model, keys[1]);
  end if;
  for part in
    select k.input, b.type, y.typcategory as category
      from unnest(attached.key, keys) with ordinality k(name, input, i)
      join pg_attribute a on a.attrelid = attached.relation and a.attname = k.name
      join pg_type t on t.oid = a.atttypid
     cross join lateral (select case t.typtype when 'd' then t.typbasetype else t.oid end as type) b
      join pg_type y on y.oid = b.type
     order by k.i
  loop
    select p.amproc into own
      from pg_opclass o
      join pg_amproc p on p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype and p.amprocrighttype = o.opcintype
     where o.opcmethod = (select m.oid from pg_am m where m.amname = 'hash')
       and o.opcdefault and o.opcintype = part.type and p.amprocnum = 2;
    hash := case
      when part.type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then
        format('hashint8extended((%s)::int8, %s)', part.input, hash)
      -- The hash of an enum is that of its OID, which a restored database gives anew.
      when part.category in ('S', 'E') or own is null then
        format('hashtextextended((%s)::text collate "C", %s)', part.input, hash)
      -- Types that are stored alike share a function of one of them: date has that of integer, and there is no cast.
      when (select f.proargtypes[0] from pg_proc f where f.oid = own) <> part.type then
        format('hash_array_extended(array[(%s)::%s], %s)', part.input, format_type(part.type, null), hash)
      else format('%s((%s)::%s, %s)', own, part.input, format_type(part.type, null), hash)
    end;
  end loop;
  return format('((%s & 9223372036854775807) %% 10000)::integer', hash);
end
$$;
comment on function dbml._bucket(dbml.profile, text, text[]) is
  'SQL for the bucket of an entity, 0 to 9999, from the SQL for each column of its key.';

create or replace function dbml._bucket_column(attached dbml.profile) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select attached.spec ->> 'bucket_column'
$$;
comment on function dbml._bucket_column(dbml.profile) is 'The column that decides the buckets of a profile''s rows; NULL where it is their key.';

-- Multiplying and adding modulo a prime (Carter and Wegman 1979): with numbers from the model's name, so that one model's
-- candidate does not get the entities of another's.
create or replace function dbml._mixed(model text, input text) returns text
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  prime constant bigint := 2147483647;
  letters constant bytea := convert_to(model, 'UTF8');
  factor bigint := 0;
  summand bigint := 0;
begin
  for place in 0 .. length(letters) - 1 loop
    factor := (factor * 257 + get_byte(letters, place) + 1) % prime;
    summand := (summand * 263 + get_byte(letters, place) + 1) % prime;
  end loop;
  -- A small factor would leave neighbours side by side.
  factor := 1000003 + factor * 48271 % (prime - 1000003);
  return format('((((%s)::int8 %% %s + %2$s) %% %2$s * %s + %s) %% %2$s %% 10000)::integer', input, prime, factor, summand);
end
$$;
comment on function dbml._mixed(text, text) is
  'SQL for the bucket, 0 to 9999, by which the number that SQL yields belongs to an arm of a model.';

create or replace function dbml._hashes_differ() returns boolean
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select (hashint8extended(5, 42), hashtextextended('größer' collate "C", 42),
          uuid_hash_extended('6f1c1c1e-3a52-4d5a-9b0e-2f6f0c8c1d11', 42), hash_numeric_extended(12.50, 42))
         is distinct from (2465487026389196815::int8, (-7959572136062152166)::int8, 7988061773423833227::int8, (-5552237643035928863)::int8)
$$;
comment on function dbml._hashes_differ() is
  'Whether this server hashes keys otherwise than others: then entities change their arm when a database moves here.';
