  select array_agg(p.*) into dbml_lost
    from {profile} p
    join ({touched}) as d on {matches};
  if dbml_lost is not null then
    perform dbml_scorer.{recount}(dbml_lost);
    dbml_found := cardinality(dbml_lost);
  end if;
