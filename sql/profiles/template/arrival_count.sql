    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from {rows}
               where exists (select from {event} where {own})) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer.{recount}(dbml_rows);
    end loop;
