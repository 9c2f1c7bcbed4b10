do $dbml_deploy$
begin
  -- A first deployment scores every row by itself.
  if dbml.deploy({name}, {version}, {note}) = 0 and {rescore} then
    perform dbml.rescore({name});
  end if;
end
$dbml_deploy$;
