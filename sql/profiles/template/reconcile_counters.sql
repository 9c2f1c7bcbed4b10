select {entity} as entity, {figures}
  from {profile} dbml_b
  left join ({totals}) as d on {matches}
 where {range}
   and ({differing})
 order by {key}
