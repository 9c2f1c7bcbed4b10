-- A server may list PL/Python and lack the Python that it was built for.
do $dbml_plpython$
begin
  create extension if not exists plpython3u;
exception when undefined_file then
  raise exception 'the server lists PL/Python, and cannot load it: %', sqlerrm
    using errcode = 'DB001',
          hint = 'Give the server the library that it names; or go without PL/Python: run dbml install as a role that is no '
                 'superuser, and has CREATEROLE and CREATE on the database.';
end
$dbml_plpython$;
