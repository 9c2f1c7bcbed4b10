create or replace function dbml.revoke_key(key text) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  held dbml.trusted_key;
  scorer record;
begin
  -- What installs replaces the same functions.
  perform dbml._hold('installing');
  select * into held from dbml.trusted_key k where key in (k.public_key, k.fingerprint);
  if held.public_key is null then
    raise exception 'no key % is trusted', quote_nullable(left(key, 80))
      using errcode = 'DB021', hint = 'dbml key list shows the keys; give the fingerprint or the public key.';
  end if;
  if held.revoked_at is null then
    update dbml.trusted_key k set revoked_at = now(), revoked_by = session_user where k.public_key = held.public_key;
    -- A function that is altered, if only to what it was, begins anew in every session: there the runtime
    -- forgets the models it has loaded.
    for scorer in
      select p.oid::regprocedure as name, p.procost
        from pg_proc p
        join pg_language l on l.oid = p.prolang
       where p.pronamespace = 'dbml'::regnamespace and l.lanname = 'plpython3u'
         and p.proname in ('_score_python', '_score_in_bulk', '_outputs_in_bulk', '_score_outputs', '_score_ahead', '_prime', '_verify_python')
    loop
      execute format('alter function %s cost %s', scorer.name, scorer.procost);
    end loop;
  end if;
  return coalesce(held.owner, held.fingerprint);
end
$$;
comment on function dbml.revoke_key(text) is
  'Stops versions that only this key has signed, at their next statement in every session; takes a public key or a fingerprint and returns the owner.';
