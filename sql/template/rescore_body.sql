#variable_conflict use_column
declare
  batch {profile}[];
  last {profile};
  scored bigint := 0;
begin
  loop
    select array_agg(b.p order by {b_key}) into batch
      from (select p
              from {profile} p
             where scored = 0 or ({p_key}) > ({last_key})
             order by {p_key}
             limit 4096
               for no key update) as b;
    exit when batch is null;
    if dbml_scorer.{primes}() then
      perform dbml_scorer.{prime}(batch);
    end if;
    -- Changing the score is what makes the row's trigger compute it anew.
    update {profile} p
       set {touches}
      from unnest(batch) as b
     where {same};
    scored := scored + cardinality(batch);
    last := batch[cardinality(batch)];
  end loop;
  return scored;
end
