-- Arithmetic of tests that stay valid however often one looks; it reads nothing.
create or replace function dbml._sequential(difference float8, variance float8, effect float8, alpha float8)
returns table (evidence float8, low float8, high float8)
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- Past 700 exp() fails; nobody needs more evidence than that.
  -- From PostgreSQL 18 on a call is planned with its arguments, and what they make constant is computed before WHERE is asked.
  select sqrt(v / total) * exp(least(700, square * difference ^ 2 / (2 * v * total))), difference - width, difference + width
    from (select nullif(variance, 0) as v, nullif(effect, 0) ^ 2 as square, variance + effect ^ 2 as total) t
   cross join lateral (select sqrt(v * total / square * (2 * ln(1 / alpha) + ln(total / v))) as width) w
   where variance > 0
$$;
comment on function dbml._sequential(float8, float8, float8, float8) is
  'The mixture sequential probability ratio test (Robbins 1970; Johari et al. 2022) of a difference of means with this variance, where a difference of this size is of interest: its evidence against no difference, and an interval with level 1 - alpha; both hold at every look.';

create or replace function dbml._lgamma(x float8) returns float8
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- Stirling's series, from 10 on; PostgreSQL has the function from 18 on.
  select (z - 0.5) * ln(z) - z + 0.5 * ln(2 * pi())
         + (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - 1 / (1188.0 * z ^ 2)) / z ^ 2) / z ^ 2) / z ^ 2) / z - shifted
    from (select greatest(x, x + ceil(10 - x)) as z,
                 coalesce((select sum(ln(x + i)) from generate_series(0, ceil(10 - x)::integer - 1) i), 0) as shifted) s
$$;
comment on function dbml._lgamma(float8) is 'The logarithm of the gamma function, for arguments above 0.';

create or replace function dbml._ratio_evidence(counts bigint[], shares float8[]) returns float8
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml._lgamma(count(*)) - dbml._lgamma(count(*) + sum(c)) + sum(dbml._lgamma(1 + c) - c * ln(s / total))
    from (select u.c, u.s, sum(u.s) over () as total from unnest(counts, shares) u(c, s)) n
$$;
comment on function dbml._ratio_evidence(bigint[], float8[]) is
  'The logarithm of the evidence that counts do not come in the proportion of these shares; it holds at every look (Lindon and Malek 2022, with a uniform prior).';
