-- name: service_as_role
-- What follows in the transaction runs as this role, and for so many milliseconds at most.
select pg_catalog.set_config('role', coalesce($1, pg_catalog.current_setting('role')), true), pg_catalog.set_config('statement_timeout', $2, true);

-- name: service_replayed
-- Whether what lies before a position in the write-ahead log can be read here.
select not pg_catalog.pg_is_in_recovery() or pg_catalog.pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= $1::numeric;

-- name: service_interface
-- All that is to be known of a version and its profile.
select name, version, engine, estimator, features, output, profile, relation, key, key_types, columns, column_types, state
  from dbml._interface($1);

-- name: service_state
-- While it stays, a statement that was made stays right.
select dbml._serving_state($1);

-- name: service_statement
-- The statement that scores the rows of a source.
select dbml._scores_statement($1, $2::oid::regclass, $3::text[], $4::regtype[]::oid[], $5);

-- name: service_of_columns
-- The statement that scores rows of which there is a column of each feature; NULL where that cannot be.
select dbml._scores_of_columns($1);

-- name: service_reason
-- Why a row is refused: it fails, and says so.
select dbml.score($1, $2::jsonb);

-- name: service_versions
-- The versions of a model.
select version::text from dbml.model where name = $1 order by version;

-- name: service_ready
-- Whether the database can be asked. The role that logs in may have no right of its own, and so not see what is in dbml.
select exists (
  select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'dbml' and c.relname = 'model'
);

-- name: service_serving
-- Which version serves which share.
select model, version, arm, strategy, pg_catalog.trim_scale(share), pg_catalog.to_char(since, 'YYYY-MM-DD HH24:MI') as since from dbml.serving order by model, arm <> 'control', arm;

-- name: service_predictions
-- What is attached, and what could not be scored.
select profile, prediction, model, engine, stale, pg_catalog.to_char(last_failure_at, 'YYYY-MM-DD HH24:MI') as last_failure_at, last_failure
  from dbml.status
 order by profile, prediction;

-- name: service_jobs
-- What workers do.
select duty, state, worker, done, pg_catalog.to_char(ended, 'YYYY-MM-DD HH24:MI') as ended, pg_catalog.to_char(due, 'YYYY-MM-DD HH24:MI') as due, error
  from dbml.job
 order by duty;

-- name: service_experiment
-- How the arms of a model compare by what came true.
select arm, version, n, pg_catalog.round(mean::numeric, 4) as mean, pg_catalog.round(difference::numeric, 4) as difference,
       pg_catalog.round(low::numeric, 4) as low, pg_catalog.round(high::numeric, 4) as high, state, says
  from dbml.experiment($1);

-- name: service_drift
-- What has moved within a day: each feature that is in alert, and those together that are not.
select d.state, pg_catalog.string_agg(distinct d.feature, ', ' order by d.feature) as features,
       case when d.state = 'alert' then pg_catalog.string_agg(d.says, '; ') else pg_catalog.min(d.says) filter (where d.state <> 'ok') end as says
  from (select *, pg_catalog.bool_or(state = 'alert') over (partition by feature) as moved from dbml.drift($1, '1 day')) d
 where d.state = 'alert' or not d.moved
 group by d.state, case when d.state = 'alert' then d.feature end
 order by d.state, features;

-- name: service_alerts
-- Alerts that are open.
select pg_catalog.to_char(a.opened_at, 'YYYY-MM-DD HH24:MI') as since, a.model, a.says
  from dbml.alert a
 where a.closed_at is null
 order by a.id desc;

-- name: service_waiting
-- What waits for a worker, or for a person, and for how long.
select m.labels ->> 'queue' as queue, pg_catalog.max(m.value) filter (where m.name = 'dbml_waiting_rows')::bigint as waiting,
       pg_catalog.date_trunc('second', pg_catalog.make_interval(secs => pg_catalog.max(m.value) filter (where m.name = 'dbml_waiting_seconds'))) as oldest
  from dbml.metrics m
 where m.name in ('dbml_waiting_rows', 'dbml_waiting_seconds')
 group by m.labels ->> 'queue'
having pg_catalog.max(m.value) filter (where m.name = 'dbml_waiting_rows') > 0
 order by queue;

-- name: service_history
-- What was done last.
select pg_catalog.to_char(deployed_at, 'YYYY-MM-DD HH24:MI') as at, model, version, act, strategy, pg_catalog.trim_scale(share), deployed_by as by, note
  from dbml.deployment_history
 order by deployed_at desc
 limit 20;

-- name: service_promote
-- The candidate serves everyone; of several the one with this version.
select dbml.promote($1, $2, $3::integer);

-- name: service_abort
-- The control serves everyone again.
select dbml.abort($1, $2);
