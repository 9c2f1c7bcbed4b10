select p.oid::regprocedure::text as function
  from pg_proc p
 where p.pronamespace = 'dbml_scorer'::regnamespace
   and p.proname ~ ('^profile_' || %(profile)s || '_')
