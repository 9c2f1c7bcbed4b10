select record_send(row(d.at, d.version::float8, d.score, d.outcome{numbers})),
       case cardinality(d.entity) when 1 then d.entity[1] else array_to_json(d.entity)::text end, d.arm{texts}
  from (select q.at, q.entity, q.version, q.arm, q.score, q.outcome, {expressions}
          from ({exposed}) q
         where q.outcome is not null) d (at, entity, version, arm, score, outcome{columns})
 order by d.at, d.entity
