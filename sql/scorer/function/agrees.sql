-- As plpython/agreement.py has it. 1e-9 + 1e-12 * |expected| is written so that nothing underflows: PostgreSQL would raise.
create or replace function dbml._agrees(expected float8, answer float8) returns boolean
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
           when expected is null or answer is null then expected is null and answer is null
           when expected = answer then true
           when greatest(abs(expected), abs(answer)) >= 'Infinity'::float8 then false
           -- Their difference might overflow.
           when least(expected, answer) < -1 and greatest(expected, answer) > 1 then false
           else abs(answer - expected) <= '1e-12'::float8 * (1000 + abs(expected))
         end
$$;
comment on function dbml._agrees(float8, float8) is
  'Whether two scores are the same: at most 1e-9, and 1e-12 of the expected one, apart. NULL is a refused row.';
