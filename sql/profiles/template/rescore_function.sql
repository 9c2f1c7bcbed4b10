create or replace function dbml_scorer.{function}(
  dbml_model text, dbml_version integer, dbml_last text[], dbml_until text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean,
  out dbml_scored bigint, out dbml_reached text[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as {body}
