do $dbml_remove$
begin
  if not dbml._remove_version({name}, {version}, {sha256}) then
    raise notice 'no migration added this version of %, and it stays', {name};
  end if;
end
$dbml_remove$;
