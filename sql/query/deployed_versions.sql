select (array_agg(d.version order by d.id desc))[1] as version,
       count(distinct d.version) as versions
  from dbml.deployment d
 where d.model = %(model)s
having (array_agg(d.version order by d.id desc))[1] is not null
