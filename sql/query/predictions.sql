select p.relation::text as relation, r.features
  from dbml.prediction r
  join dbml.profile p on p.id = r.profile
 where r.model = %(model)s
