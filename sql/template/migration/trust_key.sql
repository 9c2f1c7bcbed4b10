begin
  -- Whoever wrote this script: models with that signature may run in the server.
  if not exists (select from dbml.trusted_key k where k.public_key = {public_key}) then
    perform dbml.trust_key({public_key}, {owner});
  end if;
end
