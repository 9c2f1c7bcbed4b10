select b.entity, b.number
  from (select {entity} as entity, row_number() over (order by {key}) as number
          from {profile} dbml_b
         where {after}
         order by {key}
         limit {rows}) as b
 order by b.number desc
 limit 1
