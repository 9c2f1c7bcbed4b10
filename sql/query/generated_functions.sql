select p.oid::regprocedure::text as function
  from pg_catalog.pg_proc p
 where p.pronamespace = 'dbml_scorer'::regnamespace::oid
   and p.proname ~ ('^profile_' || %(profile)s || '_')
