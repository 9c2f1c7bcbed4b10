-- An estimator takes as long for one row as for thousands: score them together, once.
if dbml_entities > 1 and dbml_scorer.{primes}() then
  perform dbml_scorer.{prime}(array_agg(jsonb_populate_record(p.*, jsonb_build_object(
            {values}))))
     from {profile} p
     join ({changes}) as d on {matches}{end}
    {where}
end if;
