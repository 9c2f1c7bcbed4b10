select e.feature, e.value, e.contribution, e.base
  from {table} c
 cross join lateral dbml.explain({model}, c, {scale}) e
 where {within}
