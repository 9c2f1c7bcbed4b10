-- name: logged_features
-- The features of a version, as expressions over logged rows.
select dbml._logged_features(%(name)s, %(version)s) as expressions;

-- name: training_moment
-- Now, or the day that was asked for, and how long outcomes take.
select least(coalesce(%(as_of)s::timestamptz, now()), now()) as as_of, o.horizon
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
