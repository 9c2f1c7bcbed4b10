select coalesce(max(m.version), 0) + 1 as version
  from dbml.model m
 where m.name = %(name)s
