  -- Before the row is written, generated columns have not been computed yet.
  select {expressions:s}
    into {columns:s}
    from (select new.*) as generated_from;
