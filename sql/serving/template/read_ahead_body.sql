begin
  -- The rows that lie behind a row are found by their place in the table, never by reading it from its start.
  perform dbml_scorer.{prime:I}(array_agg(b.dbml_row))
     from (select dbml_row
             from {profile:s} dbml_row
            where dbml_row.ctid >= (select q.ctid from {profile:s} q where {same:s} limit 1)
            limit 4096) b;
end
