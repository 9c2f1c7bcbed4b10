-- Whoever runs this may do anything: nobody else's operators or functions may be found by it. And it never waits for long
-- with locks in hand.
do $dbml_begin$
begin
  perform pg_catalog.set_config('dbml.search_path', pg_catalog.current_setting('search_path'), false);
  perform pg_catalog.set_config('dbml.lock_timeout', pg_catalog.current_setting('lock_timeout'), false);
end
$dbml_begin$;
set search_path = pg_catalog, pg_temp;
set lock_timeout = '10s';
do $dbml_begin$
declare
  foreign_object text;
  owners text[] := '{dbml_owner}';
begin
  if current_setting('transaction_read_only')::boolean then
    raise exception 'this session is read-only'
      using errcode = 'DB014', hint = 'Connect to the primary, with default_transaction_read_only off.';
  end if;
  if not (select r.rolsuper or r.rolcreaterole and has_database_privilege(current_database(), 'create')
            from pg_roles r where r.rolname = current_user) then
    raise exception 'role % may not install dbml: it lacks CREATE on the database or CREATEROLE', current_user
      using errcode = 'DB014', hint = 'Connect as a superuser (PL/Python functions can only be created by one).';
  end if;
  -- A dump restored without owners belongs to whoever restored it: that is who may give it back to dbml_owner.
  if to_regclass('dbml.setting') is not null and to_regclass('dbml.alembic_version') is not null then
    owners := owners || current_user::text;
  end if;
  select n.nspname into foreign_object
    from pg_namespace n
   where n.nspname in ('dbml', 'dbml_scorer') and pg_get_userbyid(n.nspowner) <> all (owners)
   order by 1
   limit 1;
  if found then
    raise exception 'the database has a schema % that is not dbml''s own', foreign_object
      using errcode = 'DB002', hint = format('Rename it, or remove it if nothing in it is needed: drop schema %s', foreign_object);
  end if;
  -- An overload of score() would be called in its place, and installing would make it dbml's own.
  select p.oid::regprocedure::text into foreign_object
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('dbml', 'dbml_scorer')
     -- Where the schema is dbml_owner's, nothing was restored without owners.
     and pg_get_userbyid(p.proowner) <> all (case when pg_get_userbyid(n.nspowner) = 'dbml_owner' then '{dbml_owner}' else owners end)
   order by 1
   limit 1;
  if found then
    raise exception '% is not dbml''s own', foreign_object
      using errcode = 'DB002', hint = format('Drop it, or move it elsewhere: drop function %s', foreign_object);
  end if;
  -- One at a time. A first one has no row to lock, and only this number, the same in every dbml, that anybody could hold:
  -- it goes on without, and where two do at once the second fails of its own.
  if to_regprocedure('dbml._hold(text)') is not null then
    perform dbml._hold('installing');
  else
    begin
      perform pg_advisory_xact_lock(5639411);
    exception when lock_not_available then
      null;
    end;
  end if;
  -- What was there before is for dbml._remember_migration to know.
  perform set_config('dbml.was_installed', (to_regclass('dbml.alembic_version') is not null)::text, false);
  perform set_config('dbml.had_plpython', exists (select from pg_extension where extname = 'plpython3u')::text, false);
end
$dbml_begin$;
