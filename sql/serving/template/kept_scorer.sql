create or replace function {function:s}(numbers float8[], texts text[]) returns float8
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as {body:L}
