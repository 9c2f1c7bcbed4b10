create or replace function dbml._remember_migration() returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('dbml.was_installed')::boolean then
    update dbml.setting set value = (value::integer + 1)::text where name = 'migrations';
  else
    insert into dbml.setting (name, value) values ('migrations', '1');
    if exists (select from pg_extension where extname = 'plpython3u') and not current_setting('dbml.had_plpython')::boolean then
      insert into dbml.setting (name, value) values ('created_plpython', 'true');
    end if;
  end if;
end
$$;
comment on function dbml._remember_migration() is
  'Remembers that a migration has installed dbml: uninstalling by migration takes back what a migration did, and nothing else.';
