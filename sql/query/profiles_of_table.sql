select p.spec, null::integer as position
  from dbml.profile p
 where p.relation = to_regclass(%(table)s)
 union all
select p.spec, e.position
  from dbml.profile p
  join dbml.event e on e.profile = p.id
 where e.relation = to_regclass(%(table)s)
