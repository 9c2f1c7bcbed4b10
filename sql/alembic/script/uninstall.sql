do $dbml_uninstall$
declare
  migrations integer;
  attached text;
  created_plpython boolean;
  dbml_path text := pg_catalog.current_setting('search_path');
  dbml_timeout text := pg_catalog.current_setting('lock_timeout');
begin
  set local search_path = pg_catalog, pg_temp;
  set local lock_timeout = '10s';
  if to_regclass('dbml.setting') is null then
    raise exception 'dbml is not installed in database %', current_database() using errcode = 'DB002', hint = 'dbml install';
  end if;
  select s.value::integer into migrations from dbml.setting s where s.name = 'migrations';
  if migrations is null then
    raise notice 'dbml was here before the migrations, and stays';
  elsif migrations > 1 then
    update dbml.setting set value = (migrations - 1)::text where name = 'migrations';
  else
    select p.relation::text into attached from dbml.profile p order by p.id limit 1;
    if attached is not null then
      raise exception '% is still attached', attached using errcode = 'DB012', hint = 'dbml detach ' || attached;
    end if;
    if exists (select from dbml.model_version) then
      raise exception 'dbml still holds %',
        (select string_agg(v.model || '@' || v.version, ', ' order by v.model, v.version) from dbml.model_version v)
        using errcode = 'DB012', hint = 'No migration added it. To remove it with everything else: dbml uninstall';
    end if;
    created_plpython := exists (select from dbml.setting s where s.name = 'created_plpython');
    execute @uninstall@;
    if created_plpython then
      begin
        drop extension plpython3u;
      exception when dependent_objects_still_exist then
        null; -- functions of others have come to need it
      end;
    end if;
  end if;
  perform set_config('search_path', dbml_path, true);
  perform set_config('lock_timeout', dbml_timeout, true);
end
$dbml_uninstall$;
