-- Whoever may add versions may add signatures to them: a wrong one only stops its version.
create or replace function dbml._add_signature(model text, version integer, public_key text, signature bytea) returns text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.version_signature (model, version, public_key, signature)
  values (_add_signature.model, _add_signature.version, _add_signature.public_key, _add_signature.signature)
  on conflict do nothing
  returning public_key
$$;
comment on function dbml._add_signature(text, integer, text, bytea) is
  'Stores a signature of a version; NULL where that key had signed it before.';
