do $dbml_detach$
declare
  attached record;
  generated record;
begin
  select p.id, p.relation into attached from dbml.profile p where p.relation = to_regclass({table});
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
end
$dbml_detach$;
