create or replace function dbml._ieee_exp(x float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when x = 'NaN' then x
    when x > 709.782712893384 then 'Infinity'
    when x < -746 then 0
    -- The C library reports a result that is only small as out of range.
    when x < -700 then dbml._ieee_multiply(exp(x + 100), exp('-100'::float8))
    else exp(x)
  end;
end
$$;
comment on function dbml._ieee_exp(float8) is 'exp(x), infinite or zero where it is past the range.';

create or replace function dbml._ieee_power(x float8, exponent float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  size float8 := abs(x);
  whole boolean := exponent <> 'NaN' and exponent = floor(exponent);
  odd boolean := whole and abs(exponent) < 1e16 and exponent / 2 <> floor(exponent / 2);
  negative boolean := odd and (x < 0 or x::text = '-0');
  digits float8;
  half float8;
begin
  if exponent = 0 or x = 1 then
    return 1;
  elsif 'NaN' in (x, exponent) then
    return 'NaN';
  elsif abs(exponent) = 'Infinity' then
    return case when size = 1 then '1' when (size > 1) = (exponent > 0) then 'Infinity' else '0' end;
  elsif size in (0, 'Infinity') then
    return case when (size = 0) = (exponent > 0) then '0' when negative then '-Infinity' else 'Infinity' end;
  elsif x < 0 and not whole then
    return 'NaN';
  end if;
  -- The natural logarithm of the answer.
  digits := dbml._ieee_multiply(exponent, ln(size));
  if digits > 800 then
    return case when negative then '-Infinity' else 'Infinity' end;
  elsif digits < -800 then
    return 0;
  elsif abs(digits) > 700 then
    half := power(size, exponent / 2);
    return dbml._ieee_multiply(half, case when negative then -half else half end);
  end if;
  return power(x, exponent);
end
$$;
comment on function dbml._ieee_power(float8, float8) is 'x to the exponent: infinite, zero or NaN where PostgreSQL raises.';

create or replace function dbml._ieee_sigmoid(x float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when x = 'NaN' then x
    when x > -700 then 1 / (1 + dbml._ieee_exp(-x))
    else dbml._ieee_exp(x)
  end;
end
$$;
comment on function dbml._ieee_sigmoid(float8) is '1 / (1 + exp(-x)), without overflow.';

create or replace function dbml._ieee_softmax(logits float8[], place integer) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  -- NaN is the greatest of all.
  greatest_logit float8 := (select max(l) from unnest(logits) l);
  total float8 := 0;
begin
  if not dbml._ieee_finite(greatest_logit) then
    return 'NaN';
  end if;
  for i in 1 .. cardinality(logits) loop
    total := total + dbml._ieee_exp(dbml._ieee_subtract(logits[i], greatest_logit));
  end loop;
  return dbml._ieee_divide(dbml._ieee_exp(dbml._ieee_subtract(logits[place], greatest_logit)), total);
end
$$;
comment on function dbml._ieee_softmax(float8[], integer) is 'exp of one logit over the sum of all, without overflow; the place counts from 1.';

create or replace function dbml._ieee_function(name text, x float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  near float8;
begin
  if x = 'NaN' then
    return x;
  elsif abs(x) < 1e-100 and name in ('arcsin', 'arctan', 'expm1', 'log1p', 'sin', 'sinh', 'tan', 'tanh') then
    -- To the last digit; the C library may call the smallest arguments out of range.
    return x;
  elsif abs(x) = 'Infinity' and name in ('cos', 'sin', 'tan') or abs(x) > 1 and name in ('arccos', 'arcsin') then
    return 'NaN';
  elsif x < 0 and name in ('log', 'log2', 'log10', 'sqrt') or x < -1 and name = 'log1p' then
    return 'NaN';
  elsif x = 0 and name in ('log', 'log2', 'log10') or x = -1 and name = 'log1p' then
    return '-Infinity';
  elsif x = 'Infinity' and name in ('log', 'log2', 'log10', 'log1p', 'expm1') then
    return x;
  end if;
  case name
    when 'absolute' then return abs(x);
    when 'arccos' then return acos(x);
    when 'arcsin' then return asin(x);
    when 'arctan' then return atan(x);
    when 'cbrt' then return cbrt(x);
    when 'ceil' then return ceil(x);
    when 'cos' then return cos(x);
    when 'cosh' then return cosh(x);
    when 'exp' then return dbml._ieee_exp(x);
    when 'exp2' then return dbml._ieee_power(2, x);
    when 'expm1' then
      -- Kahan's: the rounding of exp(x) is taken back out.
      near := dbml._ieee_exp(x);
      return case
        when near = 1 then x
        when near = 'Infinity' then near
        when near - 1 = -1 then -1
        else (near - 1) * (x / ln(near))
      end;
    when 'floor' then return floor(x);
    when 'log' then return ln(x);
    when 'log10' then return log(x);
    when 'log1p' then
      near := 1 + x;
      return case when near = 1 then x else ln(near) * (x / (near - 1)) end;
    when 'log2' then
      near := ln(x) / ln(2::float8);
      -- Powers of two are exact, as numpy's.
      return case when dbml._ieee_power(2, round(near)) = x then round(near) else near end;
    when 'negative' then return -x;
    when 'reciprocal' then return dbml._ieee_divide(1, x);
    when 'rint' then return round(x);
    when 'sign' then return sign(x);
    when 'sin' then return sin(x);
    when 'sinh' then return sinh(x);
    when 'sqrt' then return sqrt(x);
    when 'square' then return dbml._ieee_multiply(x, x);
    when 'tan' then return tan(x);
    when 'tanh' then return tanh(x);
  end case;
end
$$;
comment on function dbml._ieee_function(text, float8) is 'One of the elementwise functions of a plan, as numpy''s.';
