select coalesce(max(v.version), 0) + 1 as version
  from dbml.model_version v
 where v.model = %(name)s
