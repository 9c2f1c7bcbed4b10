do $dbml_undeploy$
begin
  perform dbml._undeploy({name}, {version}, {note}, {rescore});
end
$dbml_undeploy$;
