-- name: logged_features
-- The features of a version, as expressions over logged rows.
select dbml._logged_features(%(name)s, %(version)s) as expressions;

-- name: exposed
-- The text of a query for the logged predictions of a model with what came true.
select dbml._exposed(%(name)s, 'p.numbers, p.texts', pg_catalog.quote_literal(%(as_of)s::timestamptz) || '::timestamptz',
                     pg_catalog.quote_literal(%(after)s::timestamptz) || '::timestamptz') as query;

-- name: labelled
-- The text of a query for exposures that another query yields, with what came true.
select dbml._labelled(%(name)s, %(exposures)s, pg_catalog.quote_literal(%(as_of)s::timestamptz) || '::timestamptz') as query;

-- name: training_moment
-- Now, or the day that was asked for, and how long outcomes take.
select least(coalesce(%(as_of)s::timestamptz, pg_catalog.now()), pg_catalog.now()) as as_of, o.horizon
  from dbml._outcome(%(name)s) o;

-- name: log_of_scores
-- Whether something was logged without its features.
select exists (select from dbml.prediction_log p where p.model = %(name)s and p.score is not null) as yes;

-- name: trainings
-- How the versions of a model were made.
select t.version, t.recipe, t.as_of, t.horizon, t.rows, t.sha256 from dbml._training(%(name)s) t;

-- name: remember_training
-- Keeps how a version was made.
select dbml._remember_training(%(name)s, %(version)s, %(made)s);

-- name: learning_due
-- The models that learn and serve, and what waits.
select * from dbml._learning_due();

-- name: hold_learning
-- Lets nobody else make a model learn until the transaction ends.
select dbml._hold_learning(%(name)s);

-- name: labels
-- The labels that are to be learnt next, in order, with the reader's own rights.
select q.id, q.version, q.label, q.numbers, q.texts
  from dbml.label q
 where q.model = %(name)s
   and (q.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint or q.txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
 order by q.txid, q.id
 limit %(rows)s;

-- name: running_losses
-- How a model that learns has done.
select s.loss, s.anchor_loss from dbml._learning(%(name)s) s;

-- name: coefficients
-- Where the coefficients of a model that learns in the transaction are at.
select s.anchor, s.head, s.labels, s.published, s.loss, s.anchor_loss, s.weights, s.intercept, s.t from dbml._learning(%(name)s) s;

-- name: lock_coefficients
-- The same; until the transaction ends nobody moves them.
select s.anchor, s.head, s.labels, s.weights, s.intercept, s.t from dbml._lock_coefficients(%(name)s) s;

-- name: learnt
-- Notes how far a model has learnt.
select dbml._learnt(%(name)s, %(state)s, %(ids)s::bigint[], %(aside)s);

-- name: last_retraining
-- How long ago a model was last made anew, or tried to be; and else, how long its version has served.
select pg_catalog.now() - r.tried_at as tried,
       pg_catalog.now() - greatest(r.tried_at, (select pg_catalog.min(d.deployed_at) from dbml.deployment_history d where d.model = %(name)s and d.version = %(version)s)) as since
  from (select) o
  left join dbml._retraining(%(name)s) r on true;

-- name: retrained
-- Notes what came of making a model anew.
select dbml._retrained(%(name)s, %(because)s, %(version)s, %(verdict)s);
