do $dbml_end$
begin
  perform pg_catalog.set_config('search_path', pg_catalog.current_setting('dbml.search_path'), false);
  perform pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('dbml.lock_timeout'), false);
end
$dbml_end$;
