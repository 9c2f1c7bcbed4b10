  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from {profile} p
              join ({touched}) as d on {matches}) as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer.{recount}(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;
