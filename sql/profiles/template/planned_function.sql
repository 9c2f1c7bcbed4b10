create or replace function dbml_scorer.{function}({parameters}) returns {returns}
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
set plan_cache_mode = force_generic_plan
as {body}
