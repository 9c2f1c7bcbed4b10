do $dbml_detach$
declare
  attached record;
  generated record;
  -- Looked up as the application writes it, before anything else is looked up as dbml does.
  dbml_table regclass := pg_catalog.to_regclass({table});
  dbml_path text := pg_catalog.current_setting('search_path');
  dbml_timeout text := pg_catalog.current_setting('lock_timeout');
begin
  set local search_path = pg_catalog, pg_temp;
  perform set_config('lock_timeout', {lock_timeout}, true);
  select p.id, p.relation into attached from dbml.profile p where p.relation = dbml_table;
  if attached.id is null then
    raise exception '% is not attached', {table} using errcode = 'DB009', hint = 'dbml status lists what is.';
  end if;
  execute format('drop function if exists dbml.score(text, %s)', attached.relation);
  -- Triggers go with the functions they call.
  for generated in
    select p.oid::regprocedure as function
      from pg_catalog.pg_proc p
     where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname ~ ('^profile_' || attached.id || '_')
  loop
    execute format('drop function %s cascade', generated.function);
  end loop;
  delete from dbml.arrival a where a.profile = attached.id;
  delete from dbml.profile p where p.id = attached.id;
  perform set_config('search_path', dbml_path, true);
  perform set_config('lock_timeout', dbml_timeout, true);
end
$dbml_detach$;
