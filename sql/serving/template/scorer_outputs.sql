create or replace function dbml_scorer.{function:I}(c {profile:s}) returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as {body:L}
