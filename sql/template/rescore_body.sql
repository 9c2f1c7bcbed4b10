#variable_conflict use_column
declare
  -- Prefixed, because a column of the profile may have any other name.
  dbml_batch {profile}[];
  dbml_last {profile};
  dbml_scored bigint := 0;
begin
  loop
    select array_agg(b.dbml_row order by {b_key}) into dbml_batch
      from (select dbml_row
              from {profile} dbml_row
             where dbml_scored = 0 or ({p_key}) > ({last_key})
             order by {p_key}
             limit 4096
               for no key update) as b;
    exit when dbml_batch is null;
    if dbml_scorer.{primes}() then
      perform dbml_scorer.{prime}(dbml_batch);
    end if;
    -- Changing the score is what makes the row's trigger compute it anew.
    update {profile} p
       set {touches}
      from unnest(dbml_batch) as b
     where {same};
    dbml_scored := dbml_scored + cardinality(dbml_batch);
    dbml_last := dbml_batch[cardinality(dbml_batch)];
  end loop;
  return dbml_scored;
end
