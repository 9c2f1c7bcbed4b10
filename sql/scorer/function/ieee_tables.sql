create or replace function dbml._ieee_step(x float8, edges float8[], worth float8[], on_left boolean, missing float8) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  low integer := 0;
  high integer := cardinality(edges);
  middle integer;
begin
  if x = 'NaN' then
    return missing;
  end if;
  -- How many edges are < x (on_left), or <= x.
  while low < high loop
    middle := (low + high) / 2;
    if edges[middle + 1] < x or not on_left and edges[middle + 1] = x then
      low := middle + 1;
    else
      high := middle;
    end if;
  end loop;
  return worth[low + 1];
end
$$;
comment on function dbml._ieee_step(float8, float8[], float8[], boolean, float8) is
  'The value of the interval between edges in which x lies, as numpy.searchsorted finds it.';

create or replace function dbml._ieee_interpolate(x float8, places float8[], worth float8[]) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  last integer := cardinality(places);
  place integer;
  slope float8;
begin
  if x = 'NaN' then
    return x;
  elsif x >= places[last] then
    return worth[last];
  end if;
  place := width_bucket(x, places);
  if place < 1 then
    return worth[1];
  elsif x = places[place] then
    return worth[place];
  end if;
  slope := dbml._ieee_divide(dbml._ieee_subtract(worth[place + 1], worth[place]),
                             dbml._ieee_subtract(places[place + 1], places[place]));
  return dbml._ieee_add(dbml._ieee_multiply(slope, dbml._ieee_subtract(x, places[place])), worth[place]);
end
$$;
comment on function dbml._ieee_interpolate(float8, float8[], float8[]) is
  'Between places along a straight line, as numpy.interp in its own order of operations.';

create or replace function dbml._ieee_polynomial(x float8, breaks float8[], coefficients float8[], width integer) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  place integer;
  total float8 := 0;
begin
  if x = 'NaN' then
    return x;
  end if;
  place := least(greatest(width_bucket(x, breaks), 1), cardinality(breaks) - 1);
  x := dbml._ieee_subtract(x, breaks[place]);
  for i in (place - 1) * width + 1 .. place * width loop
    total := dbml._ieee_add(dbml._ieee_multiply(total, x), coefficients[i]);
  end loop;
  return total;
end
$$;
comment on function dbml._ieee_polynomial(float8, float8[], float8[], integer) is
  'A piecewise polynomial by Horner''s rule; the coefficients of all pieces in a row, width of them each.';

create or replace function dbml._ieee_trees(
  features float8[], roots integer[], feature integer[], threshold float8[], on_left integer[], on_right integer[],
  missing_left integer[], set_node integer[], set_value float8[], start float8, exclusive boolean, single boolean
) returns float8
language plpgsql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  total float8 := start;
  root integer;
  node integer;
  x float8;
  to_left boolean;
begin
  foreach root in array roots loop
    node := root + 1;
    while feature[node] >= 0 loop
      x := features[feature[node] + 1];
      if x = 'NaN' then
        to_left := coalesce(missing_left[node], 0) = 1;
      elsif node - 1 = any(set_node) then
        to_left := exists (select from unnest(set_node, set_value) s (n, v) where s.n = node - 1 and s.v = x);
      else
        to_left := x < threshold[node] or not exclusive and x = threshold[node];
      end if;
      node := 1 + case when to_left then on_left[node] else on_right[node] end;
    end loop;
    total := dbml._ieee_add(total, threshold[node]);
    if single then
      total := dbml._ieee_round32(total);
    end if;
  end loop;
  return total;
end
$$;
comment on function dbml._ieee_trees(float8[], integer[], integer[], float8[], integer[], integer[], integer[], integer[], float8[],
  float8, boolean, boolean) is 'Sum of the leaves that a row reaches; the arrays as a plan has them.';
