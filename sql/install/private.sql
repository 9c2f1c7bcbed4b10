-- CREATE OR REPLACE cannot change a return type or a parameter's name. Nothing of a user's can depend on private
-- functions, and what dbml generates calls them by name.
do $$
declare
  private regprocedure;
begin
  for private in
    select p.oid from pg_catalog.pg_proc p
     where p.pronamespace = 'dbml'::regnamespace and p.proname like '\_%' and p.prorettype <> 'trigger'::regtype
  loop
    execute format('drop function %s', private);
  end loop;
end
$$;
