select id, relation::oid::bigint as oid, relation::text as relation, key, spec,
       array(select e.relation::text from dbml.event e where e.profile = p.id order by e.position) as events
  from dbml.profile p
 order by id
