#variable_conflict use_column
declare
  dbml_moved bigint;
begin
  perform
     from {profile} p
     join unnest(dbml_batch) as dbml_b on {same}
    order by {profile_key}
      for no key update of p;
  if cardinality(dbml_batch) > 1 and dbml_scorer.{primes}() then
    perform dbml_scorer.{prime}(array_agg(jsonb_populate_record(p.*, jsonb_build_object({moved}))))
       from {profile} p
       join unnest(dbml_batch) as dbml_b on {same}
      cross join lateral ({totals}) as d;
  end if;
  -- Written even where nothing differs: a transaction with an older snapshot must not recount from it.
  update {profile} p
     set {assignments}
    from unnest(dbml_batch) as dbml_b
   cross join lateral ({totals}) as d
   where {same};
  get diagnostics dbml_moved = row_count;
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_moved;
end
