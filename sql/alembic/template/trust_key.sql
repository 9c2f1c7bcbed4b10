declare
  dbml_path text := pg_catalog.current_setting('search_path');
begin
  set local search_path = pg_catalog, pg_temp;
  -- Whoever wrote this script: models with that signature may run in the server.
  if not exists (select from dbml.trusted_key k where k.public_key = {public_key}) then
    perform dbml.trust_key({public_key}, {owner});
  end if;
  perform set_config('search_path', dbml_path, true);
end
