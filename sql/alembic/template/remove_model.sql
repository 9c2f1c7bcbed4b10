do $dbml_remove$
declare
  dbml_path text := pg_catalog.current_setting('search_path');
begin
  set local search_path = pg_catalog, pg_temp;
  if not dbml._remove_version({name}, {version}, {sha256}) then
    raise notice 'no migration added this version of %, and it stays', {name};
  end if;
  perform set_config('search_path', dbml_path, true);
end
$dbml_remove$;
