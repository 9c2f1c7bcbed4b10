copy (
  select case cardinality(s.key) when 1 then s.key[1] else array_to_json(s.key)::text end, s.version, s.score from {source} s
) to stdout (format csv)
