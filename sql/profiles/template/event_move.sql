  if {may_lose} or dbml_recounts then
    -- Shows the rows as they are now, before the UPDATE; in batches, because they may be every profile row there is.
    open dbml_losing for
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from {profile} p
              join ({changes}) as d on {matches}
             where dbml_recounts or {lost}) as b
     group by (b.number - 1) / 4096;
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
  if dbml_losing is not null then
    loop
      fetch dbml_losing into dbml_lost;
      exit when not found;
      perform dbml_scorer.{recount}(dbml_lost);
      dbml_found := dbml_found + cardinality(dbml_lost);
    end loop;
    close dbml_losing;
  end if;
