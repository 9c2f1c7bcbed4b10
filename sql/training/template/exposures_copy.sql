copy (
  select q.at, case cardinality(q.entity) when 1 then q.entity[1] else array_to_json(q.entity)::text end,
         q.version, q.arm, q.score, q.label, substr(array_send(array[{numbers}]::float8[])::text, 3){texts}
    from dbml._exposures({model}, {as_of}, {after}) q
) to stdout (format csv, null {null})
