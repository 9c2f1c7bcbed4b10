-- {label}: {estimator}; the score is {score}.
-- For PostgreSQL 14 or newer. It needs nothing but this file, not even dbml: psql -1 -f FILE
--
--   select {example};
--
-- A row that the model refuses is an error with SQLSTATE DB013. Bounds, dialect and limits: docs/exports.md of dbml.
create schema if not exists {schema};

{helpers}

create or replace function {schema}.{careful}(numbers float8[], texts text[]) returns float8
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as {careful_body};
comment on function {schema}.{careful}(float8[], text[]) is {careful_comment};

-- No search_path of its own, so that the planner can inline it.
create or replace function {schema}.{function}({parameters}) returns float8
language sql
stable parallel safe
security invoker
as {body};
comment on function {schema}.{function}({types}) is {comment};
