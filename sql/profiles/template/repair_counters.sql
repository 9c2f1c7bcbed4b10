select dbml_scorer.{recount}(array_agg(dbml_b.*)) as moved
  from {profile} dbml_b
 where {entities}
