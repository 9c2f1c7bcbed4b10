create or replace function {function:s}(numbers float8[], texts text[]) returns float8
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as {body:L}
