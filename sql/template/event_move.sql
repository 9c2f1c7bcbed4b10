  if {may_lose} or dbml_recounts then
    select array_agg(p.*) into dbml_lost
      from {profile} p
      join ({changes}) as d on {matches}
     where dbml_recounts or {lost};
  end if;
  if not dbml_recounts then
    -- An estimator takes as long for one row as for thousands: score them together, once.
    if dbml_entities > 1 and dbml_scorer.{primes}() then
      perform dbml_scorer.{prime}(array_agg(jsonb_populate_record(p.*, jsonb_build_object({moved}))))
         from {profile} p
         join ({changes}) as d on {matches}
        where ({lost}) is not true;
    end if;
    update {profile} p
       set {assignments}
      from ({changes}) as d
     where {matches}
       and ({lost}) is not true;
    get diagnostics dbml_found = row_count;
  end if;
  if dbml_lost is not null then
    perform dbml_scorer.{recount}(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end if;
