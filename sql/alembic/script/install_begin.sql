-- Whoever runs this may do anything: nobody else's operators or functions may be found by it.
do $dbml_begin$
begin
  perform pg_catalog.set_config('dbml.search_path', pg_catalog.current_setting('search_path'), false);
  perform pg_catalog.set_config('dbml.lock_timeout', pg_catalog.current_setting('lock_timeout'), false);
end
$dbml_begin$;
set search_path = pg_catalog, pg_temp;
set lock_timeout = '10s';
do $dbml_begin$
begin
  perform pg_advisory_xact_lock(5639411);
  if exists (select from pg_catalog.pg_namespace n
              where n.nspname in ('dbml', 'dbml_scorer') and pg_catalog.pg_get_userbyid(n.nspowner) <> 'dbml_owner') then
    raise exception 'the database has a schema dbml or dbml_scorer that is not dbml''s own'
      using errcode = 'DB002', hint = 'Rename it, or remove it if nothing in it is needed.';
  end if;
  if exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
              where n.nspname in ('dbml', 'dbml_scorer') and pg_catalog.pg_get_userbyid(p.proowner) <> 'dbml_owner') then
    raise exception 'a function in the schema dbml or dbml_scorer is not dbml''s own'
      using errcode = 'DB002', hint = 'Drop it, or move it elsewhere: \df dbml*.* shows what is there.';
  end if;
  -- What was there before is for the end of this script to know.
  perform set_config('dbml.was_installed', (to_regclass('dbml.alembic_version') is not null)::text, false);
  perform set_config('dbml.had_plpython',
    exists (select from pg_catalog.pg_extension where extname = 'plpython3u')::text, false);
end
$dbml_begin$;
