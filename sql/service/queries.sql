-- name: service_as_role
-- What follows in the transaction runs as this role, and for so many milliseconds at most.
select set_config('role', coalesce($1, current_setting('role')), true), set_config('statement_timeout', $2, true);

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

-- name: service_reason
-- Why a row is refused: it fails, and says so.
select dbml.score($1, $2::jsonb);

-- name: service_versions
-- The versions of a model.
select version::text from dbml.model where name = $1 order by version;

-- name: service_ready
-- Whether the database can be asked.
select to_regclass('dbml.model') is not null;
