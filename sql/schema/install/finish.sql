do $dbml_finish$
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
end
$dbml_finish$;
