select s.entity, s.comparable, o.column, s.held -> o.column as held, o.truth
  from (select {entity} as entity, {comparable} as comparable, to_jsonb(dbml_b) as held,
               case when {comparable} then {outputs}(dbml_b) end as truth
          from {profile} dbml_b
         where {range}
           -- Those are known to be stale, and wait for rescore.
           and not exists (select from dbml.failure f where f.profile = {id} and f.model = {model} and f.entity = {entity})
           and not exists (select from dbml.queue q where q.profile = {id} and q.model = {model} and q.entity = {entity})
         order by {key}
        offset 0) as s
  left join lateral jsonb_each(s.truth) o("column", truth) on true
 where not s.comparable or not dbml._same_output(o.truth, s.held -> o.column)
