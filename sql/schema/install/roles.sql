-- Roles belong to the whole cluster: another database, or another install at this very moment, may be
-- making them too.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['dbml_owner', 'dbml_deployer', 'dbml_analyst'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    -- Counters must be true for every tenant, whichever of them row-level security shows.
    if not (select rolbypassrls from pg_catalog.pg_roles where rolname = 'dbml_owner') then
      alter role dbml_owner bypassrls;
    end if;
  -- Since PostgreSQL 16 who makes a role may administer it, and is not yet who may become it.
  elsif not pg_has_role(current_user, 'dbml_owner',
                        case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end) then
    execute format('grant dbml_owner to %I', current_user);
  end if;
end
$$;
