copy (
  select q.at, case cardinality(q.entity) when 1 then q.entity[1] else array_to_json(q.entity)::text end,
         q.version, q.arm, q.score, q.outcome, {expressions}
    from ({exposed}) q
   where q.outcome is not null
   order by q.at, q.entity
) to stdout (format csv, null {null})
