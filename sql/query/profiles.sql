select id, relation::text as relation, key, spec
  from dbml.profile
 order by id
