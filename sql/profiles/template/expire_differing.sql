select coalesce(array_agg(dbml_b.*), '{{}}')
  into {rows}
  from {profile} dbml_b
  join unnest({rows}) as dbml_k on {same}
 cross join lateral ({totals}) as g
 where {differing};
