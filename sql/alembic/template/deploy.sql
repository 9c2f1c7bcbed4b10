do $dbml_deploy$
declare
  dbml_path text := pg_catalog.current_setting('search_path');
begin
  set local search_path = pg_catalog, pg_temp;
  -- A first deployment scores every row by itself.
  if dbml.deploy({name}, {version}, {note}) = 0 and {rescore} then
    perform dbml.rescore({name});
  end if;
  perform set_config('search_path', dbml_path, true);
end
$dbml_deploy$;
