create or replace function dbml_scorer.{function}(dbml_batch {profile}[]) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as {body}
