create or replace function dbml_scorer.{function:I}() returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as {body:L}
