select p.oid::regprocedure::text as function
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('dbml', 'dbml_scorer')
   and pg_get_userbyid(p.proowner) <> 'dbml_owner'
 order by 1
