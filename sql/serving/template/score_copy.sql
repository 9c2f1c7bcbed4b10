copy (
  select case pg_catalog.cardinality(s.key) when 1 then s.key[1] else pg_catalog.array_to_json(s.key)::text end, s.version, s.score{outputs} from {source} s
) to stdout (format csv)
