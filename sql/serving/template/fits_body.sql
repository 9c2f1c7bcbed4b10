  select case
    when (relation operator(pg_catalog.=) {profile_table:L}::pg_catalog.oid) is not null
     and (relation operator(pg_catalog.=) {table:L}::pg_catalog.oid) is not null
     {passed:s}
    then dbml._fits({profile:L}, {part:L}, {as_it_was:L})
  end
