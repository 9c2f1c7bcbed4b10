do $dbml_end$
declare
  plpython boolean := to_regprocedure('dbml._score_python(text, float8[], text[])') is not null;
begin
  -- What earlier code generated for attached profiles only dbml install can make anew: it is to see that it must.
  insert into dbml.setting (name, value)
  select 'code', case when plpython then '@digest_plpython@' else '@digest_plain@' end
   where not exists (select from dbml.profile)
  on conflict (name) do update set value = excluded.value;
  if plpython then
    perform dbml._compile_all();
  end if;
  perform dbml._bind(p.id) from dbml.profile p order by p.id;
  -- An uninstall by migration takes back what a migration did, and nothing else.
  if current_setting('dbml.was_installed')::boolean then
    update dbml.setting set value = (value::integer + 1)::text where name = 'migrations';
  else
    insert into dbml.setting (name, value) values ('migrations', '1');
    if plpython and not current_setting('dbml.had_plpython')::boolean then
      insert into dbml.setting (name, value) values ('created_plpython', 'true');
    end if;
  end if;
end
$dbml_end$;
do $dbml_end$
begin
  perform pg_catalog.set_config('search_path', pg_catalog.current_setting('dbml.search_path'), false);
  perform pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('dbml.lock_timeout'), false);
end
$dbml_end$;
