select coalesce(max(m.version), 0) + 1 as version,
       dbml._careful_scorer(%(name)s, coalesce(max(m.version), 0) + 1) as careful_scorer
  from dbml.model m
 where m.name = %(name)s
