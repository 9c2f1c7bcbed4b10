select *
  from dbml.model
 where name = %(name)s or %(name)s::text is null
 order by name, version
