-- Arithmetic as IEEE 754 has it: PostgreSQL's own raises on overflow and, in products and quotients, on underflow.
-- No exception blocks: they open subtransactions, which parallel workers may not. NaN is what is missing;
-- PostgreSQL holds it equal to itself and greater than every number.
create or replace function dbml._ieee_add(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Below 1e290 the smaller cannot carry even the greatest double over its last half step; halves of others are exact.
  if least(abs(a), abs(b)) < 1e290 or 'Infinity' in (abs(a), abs(b)) or 'NaN' in (a, b)
     or abs(a / 2 + b / 2) < 8.98846567431158e+307 then
    return a + b;
  end if;
  return case when a > 0 then 'Infinity' else '-Infinity' end;
end
$$;
comment on function dbml._ieee_add(float8, float8) is 'a + b, infinite where it overflows.';

create or replace function dbml._ieee_subtract(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return dbml._ieee_add(a, -b);
end
$$;
comment on function dbml._ieee_subtract(float8, float8) is 'a - b, infinite where it overflows.';

create or replace function dbml._ieee_multiply(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Powers of two scale exactly: 2 to the 512, and to the -512.
  up constant float8 := 1.3407807929942597e+154;
  down constant float8 := 7.458340731200207e-155;
  x float8 := abs(a);
  y float8 := abs(b);
  negative boolean;
begin
  if x between 1e-150 and 1e150 and y between 1e-150 and 1e150
     or 0 in (x, y) or greatest(x, y) >= 'Infinity' or (x >= 1) <> (y >= 1) then
    return a * b;
  end if;
  negative := (a < 0) <> (b < 0);
  if x >= 1 then
    if (x * down) * (y * down) >= 1 then
      return case when negative then '-Infinity' else 'Infinity' end;
    end if;
  -- Half of the smallest double rounds to zero; scaled, by 2 to the 1000 and to the 512, it is 2 to the 437.
  elsif (least(x, y) * 1.0715086071862673e+301) * (greatest(x, y) * up) <= 3.549017208474643e+131 then
    return case when negative then '-0' else '0' end;
  end if;
  return a * b;
end
$$;
comment on function dbml._ieee_multiply(float8, float8) is 'a * b, infinite or zero where it is past the range.';

create or replace function dbml._ieee_divide(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  x float8 := abs(a);
  y float8 := abs(b);
  negative boolean;
begin
  if x between 1e-150 and 1e150 and y between 1e-150 and 1e150 then
    return a / b;
  end if;
  if 'NaN' in (a, b) or x = 0 and y = 0 or x = 'Infinity' and y = 'Infinity' then
    return 'NaN';
  end if;
  negative := (a < 0) <> (b < 0 or b::text = '-0');
  if y = 0 or x = 'Infinity' then
    return case when negative then '-Infinity' else 'Infinity' end;
  elsif x = 0 or y = 'Infinity' then
    return case when negative then '-0' else '0' end;
  end if;
  -- Exact on both sides: the quotient is past the range from 2 to the 1024 on, and rounds to zero up to 2 to the -1075.
  if x >= 1e-150 and y < 1 then
    if x * 7.458340731200207e-155 >= y * 1.3407807929942597e+154 then
      return case when negative then '-Infinity' else 'Infinity' end;
    end if;
  elsif x < 1 and y > 1 then
    if x * 1.3407807929942597e+154 <= y * 3.312168642111238e-170 then
      return case when negative then '-0' else '0' end;
    end if;
  end if;
  return a / b;
end
$$;
comment on function dbml._ieee_divide(float8, float8) is 'a / b: x/0 is infinite and 0/0 is NaN.';

create or replace function dbml._ieee_minimum(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when 'NaN' in (a, b) then 'NaN' else least(a, b) end;
end
$$;
comment on function dbml._ieee_minimum(float8, float8) is 'The smaller; NaN if either is.';

create or replace function dbml._ieee_maximum(a float8, b float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when 'NaN' in (a, b) then 'NaN' else greatest(a, b) end;
end
$$;
comment on function dbml._ieee_maximum(float8, float8) is 'The greater; NaN if either is.';

create or replace function dbml._ieee_less(a float8, b float8) returns boolean
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return a < b and b <> 'NaN';
end
$$;
comment on function dbml._ieee_less(float8, float8) is 'a < b; false for NaN.';

create or replace function dbml._ieee_less_equal(a float8, b float8) returns boolean
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return a <= b and b <> 'NaN';
end
$$;
comment on function dbml._ieee_less_equal(float8, float8) is 'a <= b; false for NaN.';

create or replace function dbml._ieee_equal(a float8, b float8) returns boolean
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return a = b and b <> 'NaN';
end
$$;
comment on function dbml._ieee_equal(float8, float8) is 'a = b; false for NaN.';

create or replace function dbml._ieee_finite(x float8) returns boolean
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return abs(x) < 'Infinity';
end
$$;
comment on function dbml._ieee_finite(float8) is 'Neither NaN nor infinite.';

create or replace function dbml._ieee_round32(x float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when x = 'NaN' then x
    when abs(x) >= 3.4028235677973366e+38 then sign(x) * 'Infinity'::float8
    -- Half of the smallest float32, which rounds to even.
    when abs(x) <= 7.006492321624085e-46 then 0
    else x::float4::float8
  end;
end
$$;
comment on function dbml._ieee_round32(float8) is 'The nearest float4; infinite past its range.';

create or replace function dbml._ieee_sum(terms float8[]) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  total float8 := coalesce(terms[1], 0);
begin
  for i in 2 .. cardinality(terms) loop
    -- Most sums need no care, and a call costs ten times as much.
    total := case when abs(total) < 1e290 and abs(terms[i]) < 1e290 then total + terms[i]
                  else dbml._ieee_add(total, terms[i]) end;
  end loop;
  return total;
end
$$;
comment on function dbml._ieee_sum(float8[]) is 'The sum, from left to right.';

create or replace function dbml._ieee_dot(terms float8[], weights float8[], intercept float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  products float8[] := '{}';
begin
  for i in 1 .. cardinality(terms) loop
    products[i] := case
      when abs(terms[i]) between 1e-140 and 1e140 and abs(weights[i]) between 1e-140 and 1e140 or weights[i] = 1
        then terms[i] * weights[i]
      else dbml._ieee_multiply(terms[i], weights[i])
    end;
  end loop;
  return dbml._ieee_sum(products || intercept);
end
$$;
comment on function dbml._ieee_dot(float8[], float8[], float8) is 'The sum of products, then the intercept.';
