declare
  dbml_path text := pg_catalog.current_setting('search_path');
  dbml_timeout text := pg_catalog.current_setting('lock_timeout');
begin
  perform pg_catalog.set_config('lock_timeout', {lock_timeout}, true);
  -- Types are looked up as the application's models mean them, everything else as inside the triggers.
  execute {first};
  set local search_path = pg_catalog, pg_temp;
  execute format({then}, dbml._next_profile());
  perform set_config('search_path', dbml_path, true);
  perform set_config('lock_timeout', dbml_timeout, true);
end
