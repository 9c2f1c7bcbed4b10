-- Functions of earlier releases that go by another name now. Nothing calls them but installing, deploying and rescoring
-- themselves: what a statement of an application may be running at this moment is replaced, never dropped.
drop function if exists dbml._mark_parallel(integer);
drop function if exists dbml._bind_checks(dbml.profile);
drop function if exists dbml._bind_finish(integer);
drop function if exists dbml._follow_windows(integer);
drop function if exists dbml._bind_row(dbml.profile, boolean);
drop function if exists dbml._scores_routed(text, regclass, text[], oid[]);
drop function if exists dbml._score_or_null(text, integer, float8[], text[]);
drop function if exists dbml._row_prediction(dbml.profile, dbml.prediction, dbml.scorer);
drop function if exists dbml._row_failed(dbml.profile, dbml.prediction, dbml.scorer);
drop function if exists dbml._windows();
drop function if exists dbml._expire_window(integer, integer);
drop function if exists dbml._rescore_batch(integer, text, text[], integer, boolean, boolean);
drop function if exists dbml._start_rescore(text, boolean);
drop function if exists dbml._all_in_sql(text);
do $$
declare
  follow regprocedure;
begin
  for follow in
    select p.oid from pg_catalog.pg_proc p
     where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname ~ '^profile_[0-9]+_(follow|expire)_[0-9]+$'
  loop
    execute format('drop function %s', follow);
  end loop;
end
$$;
