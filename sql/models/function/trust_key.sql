create or replace function dbml.trust_key(public_key text, owner text default null) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  held dbml.trusted_key;
begin
  if (public_key ~ '^ed25519:[0-9a-f]{64}$') is not true then
    raise exception 'this is no public key: %', quote_nullable(left(public_key, 80))
      using errcode = 'DB024', hint = 'dbml key new prints one: ed25519: and 64 hexadecimal digits.';
  end if;
  insert into dbml.trusted_key (public_key, owner) values (trust_key.public_key, trust_key.owner) on conflict do nothing;
  if found then
    return true;
  end if;
  select * into held from dbml.trusted_key k where k.public_key = trust_key.public_key;
  if held.revoked_at is not null then
    raise exception 'the key %, owner %, was revoked', held.fingerprint, coalesce(held.owner, 'not named')
      using errcode = 'DB022', hint = 'A revoked key stays so. Make another: dbml key new --key FILE';
  end if;
  return false;
end
$$;
comment on function dbml.trust_key(text, text) is 'Lets versions run that this key has signed; false where it was trusted before.';
