select coalesce(max(v.version), 0) + 1 as version,
       dbml._careful_scorer(%(name)s, coalesce(max(v.version), 0) + 1) as careful_scorer
  from dbml.model_version v
 where v.model = %(name)s
