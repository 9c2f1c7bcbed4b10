-- Whoever was waited for may have led a key to another row of the profile, so it is followed anew, with these rows locked,
-- until it leads to no other.
loop
  select array_agg(coalesce(p.*)) as dbml_rows, array_agg({entity}::text) as dbml_keys
    into dbml_batch
    from {profile} p
    join ({touched}) as d on {matches}
   where {entity}::text <> all (dbml_again)
     {others};
  exit when dbml_batch.dbml_rows is null;
  dbml_again := dbml_again || dbml_batch.dbml_keys;
  {recount}
end loop;
