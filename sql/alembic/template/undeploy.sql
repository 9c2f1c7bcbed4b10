do $dbml_undeploy$
declare
  dbml_path text := pg_catalog.current_setting('search_path');
begin
  set local search_path = pg_catalog, pg_temp;
  perform dbml._undeploy({name}, {version}, {note}, {rescore});
  perform set_config('search_path', dbml_path, true);
end
$dbml_undeploy$;
