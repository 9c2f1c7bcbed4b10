do $dbml_finish$
declare
  plpython boolean := to_regprocedure('dbml._score_python(text, float8[], text[])') is not null;
begin
  insert into dbml.setting (name, value)
  values ('code', case when plpython then '@digest_plpython@' else '@digest_plain@' end),
         ('rights', (select jsonb_agg(r order by r.object, r.grantee, r.privilege)::text from dbml._rights() r))
  on conflict (name) do update set value = excluded.value;
  if plpython then
    perform dbml._compile_all();
  end if;
  perform dbml._bind(p.id) from dbml.profile p order by p.id;
end
$dbml_finish$;
