select s.entity, s.comparable, s.held, s.truth
  from (select {entity} as entity, {comparable} as comparable, {column} as held,
               case when {comparable} then dbml.score({model}, dbml_b) end as truth
          from {profile} dbml_b
         where {range}
           -- Those are known to be stale, and wait for rescore.
           and not exists (select from dbml.failure f where f.profile = {id} and f.model = {model} and f.entity = {entity})
           and not exists (select from dbml.queue q where q.profile = {id} and q.model = {model} and q.entity = {entity})
         order by {key}
        offset 0) as s
 where s.held is distinct from s.truth
   and not dbml._agrees(s.truth, s.held)
