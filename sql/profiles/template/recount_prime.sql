if cardinality(dbml_batch) > 1 and dbml_scorer.{primes}() then
  perform dbml_scorer.{prime}(array_agg(jsonb_populate_record(p.*, jsonb_build_object(
            {values}))))
     from {profile} p
     join unnest(dbml_batch) as dbml_b on {same}
    cross join lateral ({totals}) as d;
end if;
