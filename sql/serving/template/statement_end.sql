declare
  dbml_waiting json := dbml._waiting({profile:L}, pg_trigger_depth(), statement_timestamp())::json;
  dbml_batch json[];
begin
  if not coalesce(dbml_scorer.{fits:I}(tg_relid), false) then
    perform dbml._miss({profile:L}, null, 'rows that wait for the end of their statement');
    return null;
  end if;
  for dbml_batch in
    select array_agg(w.entity)
      from json_array_elements(dbml_waiting) with ordinality w(entity, i)
     group by w.i / 4096
  loop
    perform dbml_scorer.{prime:I}(array_agg(p))
       from {relation:s} p
       join unnest(dbml_batch) e(entity) on {same:s};
    -- Changing the score is what makes the row's trigger compute it anew.
    update {relation:s} p
       set {scores:s}
      from unnest(dbml_batch) e(entity)
     where {same:s};
  end loop;
  return null;
end
