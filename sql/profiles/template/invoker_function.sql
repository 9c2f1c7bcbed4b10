create or replace function dbml_scorer.{function}({parameters}) returns {returns}
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as {body}
