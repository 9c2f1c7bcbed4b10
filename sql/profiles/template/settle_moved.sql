-- A row that MERGE moves to another partition is in neither table of changes; the trigger before it has left its entities.
if pg_stat_get_xact_tuples_inserted('dbml.touched'::regclass) > 0 or current_setting('track_counts') = 'off' then
  perform dbml_scorer.{settle}({position});
end if;
