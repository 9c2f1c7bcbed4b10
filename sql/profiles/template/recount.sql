#variable_conflict use_column
declare
  dbml_updated bigint;
begin
  perform
     from {profile} p
     join unnest(dbml_batch) as dbml_b on {same}
    order by {key}
      for no key update of p;
  {prime}
  -- Written even where nothing differs: a transaction with an older snapshot must not recount from it.
  update {profile} p
     set {assignments}
    from unnest(dbml_batch) as dbml_b
   cross join lateral ({totals}) as d
   where {same};
  get diagnostics dbml_updated = row_count;
  -- For other triggers of this statement, which have yet to report what this has seen.
  perform dbml._mark_recount();
  return dbml_updated;
end
