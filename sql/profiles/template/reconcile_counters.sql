select {entity} as entity, {figures}
  from {profile} dbml_b
  {totals}
 where {range}
   and ({differing})
 order by {key}
