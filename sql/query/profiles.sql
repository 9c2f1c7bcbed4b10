select id, relation::oid::bigint as oid, relation::text as relation, key, spec
  from dbml.profile
 order by id
