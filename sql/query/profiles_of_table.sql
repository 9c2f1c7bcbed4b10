select p.spec, null::integer as position
  from dbml.profile p
 where p.relation::oid = to_regclass(%(table)s)::oid
 union all
select p.spec, e.position
  from dbml.profile p
  join dbml.event e on e.profile = p.id
 where e.relation::oid = to_regclass(%(table)s)::oid
