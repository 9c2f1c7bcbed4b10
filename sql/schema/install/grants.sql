grant usage on schema dbml, dbml_scorer to dbml_analyst, dbml_deployer;
grant dbml_analyst to dbml_deployer;
grant select on dbml.model, dbml.serving, dbml.status, dbml.deployment_history, dbml.trusted_key to dbml_analyst;
-- These read the log and the outcomes with their caller's rights, which are granted one by one.
grant execute on function dbml._quoted(text), dbml._key_text(date), dbml._key_text(timestamp), dbml._key_text(timestamptz), dbml._key_text(bytea),
  dbml._as_key(text, oid), dbml._as_entity(oid, text[], text), dbml._outcome(text), dbml._answered(text, text), dbml._labelled(text, text, text), dbml._ripe(text),
  dbml.outcomes(text, timestamptz), dbml.performance(text, text, timestamptz), dbml._epochs(text, timestamptz), dbml._covariate(text, text),
  dbml._sequential(float8, float8, float8, float8), dbml._lgamma(float8), dbml._ratio_evidence(bigint[], float8[]),
  dbml._paired(text, text[], timestamptz, timestamptz, timestamptz),
  dbml._between_arms(text, text, text, float8, boolean, timestamptz, timestamptz[], timestamptz, text[]), dbml.experiment(text, text, timestamptz) to dbml_analyst;
grant execute on function dbml.training_set(text, timestamptz, timestamptz),
  dbml._exposed(text, text, text, text), dbml._logged_features(text, integer), dbml._training(text), dbml._retraining(text) to dbml_analyst;
grant execute on function dbml._remember_training(text, integer, jsonb), dbml._retrained(text, text, integer, text) to dbml_deployer;
grant execute on function dbml.score(text, jsonb), dbml.score(text, text), dbml.score(text, record), dbml._scorer_by_columns(text, jsonb), dbml.scores(text, text), dbml.outputs(text, jsonb), dbml.arm_of(text, text),
  dbml.version_of(text, text), dbml.comparison(text), dbml._hashes_differ() to dbml_analyst;
-- The view status asks what others have changed.
grant execute on function dbml._broken(integer), dbml._waits(integer), dbml._half_loaded() to dbml_analyst;
-- scores() runs with its caller's rights.
grant execute on function dbml._is_a_name(text), dbml._scores(text, regclass, text), dbml._fetch(text, integer),
  dbml._scores_reading(text, regclass, text[], oid[]), dbml._careful_or_null(text, integer, float8[], text[]),
  dbml._key_of_rows(text, regclass, text[]) to dbml_analyst;
-- The web service scores with its clients' rights.
grant execute on function dbml._scores_statement(text, regclass, text[], oid[], text), dbml._scores_of_columns(text), dbml._serving_state(text), dbml._interface(text) to dbml_analyst;
grant execute on function dbml.explain(text, anyelement, text), dbml.explain(text, jsonb, text), dbml.explanations(text, text, text),
  dbml.importance(text, text, text), dbml.explain_change(text, anyelement, anyelement), dbml.explain_change(text, jsonb, jsonb) to dbml_analyst;
-- So do these.
grant execute on function dbml._row_inputs(text, anyelement), dbml._row_reading(text, oid), dbml._row_inputs_query(text, integer, oid),
  dbml._named_inputs(text, jsonb), dbml._explained(text, integer, float8[], text[], text),
  dbml._explained_change(text, integer, float8[], text[], float8[], text[]), dbml._read_source(regclass, text),
  dbml._explanations(text, regclass, text, text), dbml._explanations_reading(text, regclass, text[], oid[], text) to dbml_analyst;
grant execute on function dbml.deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[], boolean, integer, boolean, numeric, bigint, bigint, numeric[], text[]),
  dbml.set_share(text, numeric, text), dbml.promote(text, text, integer), dbml.abort(text, text), dbml.advance(text), dbml._advance(text, bigint),
  dbml._guards(text), dbml._fails_too_often(text, numeric), dbml._moved(text, numeric), dbml._open_alert(text), dbml._worse(text),
  dbml._outcomes_wanted(text), dbml._outcomes_since(text, timestamptz), dbml.approve(text, text), dbml.pause(text, text), dbml._pause(text, text, text), dbml.resume(text, text),
  dbml.rollback(text, text), dbml.rescore(text), dbml.rescore_due(),
  dbml.rotate_log(interval, interval), dbml.explain_log(), dbml._explain_logged(integer), dbml._unexplained(), dbml.answer_shadows(), dbml._answer_shadows(integer),
  dbml.score_aside(text), dbml._start_aside(text)
   to dbml_deployer;
grant execute on function dbml.quality_drift(text, interval, timestamptz, timestamptz, integer), dbml.drift_by(text, text, interval, timestamptz, integer), dbml.estimated_performance(text, interval, timestamptz),
  -- They run with their caller's rights.
  dbml._judged_version(text, integer), dbml._windows_of_drift(interval, timestamptz), dbml._profile_of(text),
  dbml._counting(text, integer, text, text), dbml._compared(text, integer, integer, bigint[], bigint[], integer) to dbml_analyst;
grant execute on function dbml.drift(text, interval, timestamptz, integer), dbml._drifted(text, interval, timestamptz, integer),
  dbml.histograms(text, timestamptz, timestamptz, interval, integer), dbml._references(text, integer) to dbml_analyst;
grant execute on function dbml.update_histograms(), dbml._uncounted(), dbml._count_segment(bigint),
  dbml.check_alerts(interval), dbml._note_alerts(interval, jsonb), dbml._quality_causes(), dbml._judged_models(), dbml._untold(text), dbml._told(bigint, text, text), dbml.acknowledge(bigint),
  dbml.set_reference(text, timestamptz, timestamptz, integer), dbml.set_threshold(text, text, text, float8) to dbml_deployer;
grant execute on function dbml.measure_scores(integer), dbml._trace_window(), dbml._spans(bigint, bigint), dbml._traced(bigint) to dbml_deployer;
-- Adding a version: stored, made ready, measured and verified by functions; dbml_deployer may touch no table.
grant execute on function dbml._lock_model(text), dbml._limits(), dbml._add_signature(text, integer, text, bytea) to dbml_deployer;
grant execute on function dbml._add_version(
  text, integer, text, text, text, jsonb, jsonb, jsonb, jsonb, bytea, text, text[], text[], jsonb, text, text, boolean, text
) to dbml_deployer;
grant execute on function dbml._add_outputs(text, integer, text, text, text[], text[], jsonb) to dbml_deployer;
grant execute on function dbml._prepare(text, integer, text), dbml._measure(text, integer, text), dbml._verify(text, integer, text),
  dbml._choose_engine(text, integer, text, jsonb, jsonb) to dbml_deployer;
grant execute on function dbml._add_background(text, integer, text), dbml._lacks_background(text, integer) to dbml_deployer;
-- What a migration did, its downgrade takes back.
grant execute on function dbml._resume(text, text, boolean), dbml._promote_by_migration(text, text, boolean, integer) to dbml_deployer;
grant execute on function dbml._deploy_by_migration(text, integer, text, text[], boolean), dbml._undeploy(text, integer, text, boolean),
  dbml._remember_version(text, integer), dbml._remove_version(text, integer, text), dbml._remove_idle(text, integer) to dbml_deployer;
-- Whether there is anything to install, a role without rights may ask as well.
grant execute on function dbml._release() to dbml_analyst;
grant execute on function dbml._start_rescore(text, boolean, boolean, bigint), dbml._forget_failures(),
  dbml._due_profiles(), dbml._collect_due(integer), dbml._expire_due(integer, integer), dbml._forget_arrivals() to dbml_deployer;
grant execute on function dbml._walk_on(bigint, integer) to dbml_deployer;
-- A worker is a deployer.
grant select on dbml.job, dbml.metrics to dbml_analyst;
-- A view runs its functions with the rights of whoever reads it.
grant execute on function dbml._metrics() to dbml_analyst;
-- Exporters are members of pg_monitor.
grant usage on schema dbml to pg_monitor;
grant select on dbml.metrics to pg_monitor;
grant execute on function dbml._metrics() to pg_monitor;
-- What an alert says is what drift() says to analysts.
grant select on dbml.alert to dbml_analyst;
grant select on dbml.outbox_status, dbml.queue_status to dbml_analyst;
grant execute on function dbml._score_queued(integer) to dbml_deployer;
-- Labels have features: who lets models learn is granted SELECT on dbml.label.
grant execute on function dbml.learn(text, jsonb, text), dbml._learning_due(), dbml._hold_learning(text), dbml._lock_coefficients(text), dbml._learning(text),
  dbml._learnt(text, jsonb, bigint[], jsonb), dbml.resume_learning(text) to dbml_deployer;
grant execute on function dbml._outbox_batch(integer), dbml._outbox_sent(bigint[]), dbml.discard_events(text, timestamptz, uuid), dbml._consume(text, text),
  dbml._dead_letter(text, text, text, bytea, text), dbml._forget_consumed(interval) to dbml_deployer;
grant execute on function dbml._subject(text[]), dbml._cloud_event(uuid, timestamptz, text[], jsonb) to dbml_deployer;
grant execute on function dbml._take_duty(text, text, interval, interval, boolean),
  dbml._keep_duty(text, text, interval, bigint, bigint), dbml._end_duty(text, text, boolean, bigint, text) to dbml_deployer;
grant execute on function dbml.verify(text, integer), dbml.compare(text, integer, integer), dbml._plan(text, integer) to dbml_deployer;
-- score() is inlined into the caller's query, so the caller needs what the expression calls: arithmetic only.
do $$
declare
  needed regprocedure;
begin
  for needed in
    select p.oid from pg_catalog.pg_proc p
     where p.pronamespace = 'dbml'::regnamespace and (p.proname like '\_ieee\_%' or p.proname in ('_unbounded', '_refuse', '_not_deployed', '_score_by_name', '_agrees', '_same_output'))
  loop
    execute format('grant execute on function %s to dbml_analyst', needed);
  end loop;
end
$$;
