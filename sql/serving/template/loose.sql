create or replace function dbml_scorer.{function:I}(model text, loose jsonb) returns float8
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as {body:L}
