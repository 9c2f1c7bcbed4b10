declare
  dbml_held integer;
  dbml_report record;
  dbml_path text := pg_catalog.current_setting('search_path');
  dbml_signer text;
begin
  set local search_path = pg_catalog, pg_temp;
  perform dbml._lock_model({name});
  select v.version into dbml_held from dbml.model v where v.name = {name} and starts_with(v.fingerprint, {fingerprint});
  if dbml_held is null then
    select coalesce(max(v.version), 0) + 1 into dbml_held from dbml.model v where v.name = {name};
    if dbml_held = {version} then
      if {engine} <> 'sql' and to_regprocedure('dbml._score_python(text, float8[], text[])') is null then
        raise exception 'engine % needs PL/Python, and this database has none', {engine}
          using errcode = 'DB001', hint = 'dbml doctor names the package to install; then run dbml install again.';
      end if;
      {store}
      -- As without --sql: a key that does not count here signs only where a signature is asked for, to be refused.
      if {engine} = 'python' or exists (
           select from dbml.trusted_key k where k.public_key = {public_key} and k.revoked_at is null) then
        {sign} into dbml_signer;
      end if;
      perform dbml._prepare({name}, {version}, {engine});
      select * into dbml_report from dbml._verify({name}, {version}, null);
      if dbml_report.differing > 0 or dbml_report.error is not null then
        raise exception '%@% scores % of % golden rows differently inside the server (%); golden row % is % off',
          {name}, {version}, dbml_report.differing, dbml_report.rows, dbml_report.error, dbml_report.worst_row,
          dbml_report.largest_difference
          using errcode = 'DB007', hint = 'Name another engine in op.add_model, and write the script anew.';
      end if;
    end if;
  end if;
  if dbml_held <> {version} then
    raise exception 'this artifact is or would be %@% here, and the migration says %@%', {name}, dbml_held, {name}, {version}
      using errcode = 'DB006', hint = 'Versions are numbered in the order in which they are added.';
  end if;
  perform set_config('search_path', dbml_path, true);
end
