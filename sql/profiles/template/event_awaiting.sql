  -- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one
  -- row to dbml.arrival, so that the second waits for the first, and then sees what it did.
  if dbml_found < dbml_entities then
{claim}    -- What has come since the UPDATE looked for it. Rows that it found have a version of this transaction; in a
    -- subtransaction they do not look so, and are recounted for nothing.
    for dbml_lost in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from {profile} p
                join ({touched}) as d on {matches}
               where p.xmin <> pg_current_xact_id()::xid) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer.{recount}(dbml_lost);
    end loop;
  end if;
