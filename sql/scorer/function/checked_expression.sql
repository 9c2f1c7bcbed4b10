-- What a version's expression says ends up in functions of dbml_owner, and whoever may add a version is trusted
-- less than that. So nothing passes but what the engine `sql` writes: literals, arithmetic, conditions, and
-- functions that only compute. Inputs stand between parentheses, so that no part can run into one.
create or replace function dbml._checked_expression(parts text[], numbers integer, texts integer) returns text[]
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  -- The longest alternative wins. Backslashes may stand in E'…' alone, doubled: so a session's
  -- standard_conforming_strings changes nothing.
  tokens constant text := $re$\s+|'(?:[^'\\]|'')*'|E'(?:[^'\\]|''|\\\\)*'|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|[-+*/<>=~!@#%^&|`?:]+|::(?:float8|float4|text|integer)(?:\[\])?|(?:\w+|"(?:[^"]|"")*")(?:\.(?:\w+|"(?:[^"]|"")*"))*\(?|.$re$;
  allowed constant text := '^(?:case|when|then|else|end|and|or|not|in|is|null|true|false|collate|array'
    '|(?:abs|array_position|ceil|coalesce|exp|floor|greatest|least|ln|log|power|round|sign|sqrt|tanh|width_bucket|dbml\._ieee_[a-z0-9_]+|dbml\._refuse|dbml\._unbounded)\(' || ')$';
  part text;
  token text;
  before text;
  open text := '';
  place integer := 0;
begin
  if array_ndims(parts) <> 1 or cardinality(parts) % 2 <> 1 or array_position(parts, null) is not null then
    raise exception 'the expression is no list of SQL and inputs' using errcode = 'DB015';
  end if;
  foreach part in array parts loop
    place := place + 1;
    if place % 2 = 0 then
      if part !~ '^[nrt](0|[1-9][0-9]{0,5})$'
         or substr(part, 2)::integer >= coalesce(case left(part, 1) when 't' then texts else numbers end, 0) then
        raise exception 'the expression takes an input that there is not: %', left(part, 40) using errcode = 'DB015';
      end if;
      continue;
    end if;
    if place > 1 and part !~ '^\)' or place < cardinality(parts) and part !~ '\($' then
      raise exception 'an input of the expression does not stand in parentheses' using errcode = 'DB015';
    end if;
    for token in select m[1] from regexp_matches(part, '(' || tokens || ')', 'g') m loop
      if token in ('(', '[') or token ~ '\($' then
        open := open || case right(token, 1) when '(' then ')' else ']' end;
      elsif token in (')', ']') then
        if right(open, 1) is distinct from token then
          raise exception 'the expression''s parentheses do not match' using errcode = 'DB015';
        end if;
        open := left(open, -1);
      elsif token = ',' and open = '' then
        raise exception 'the expression is more than one' using errcode = 'DB015';
      end if;
      continue when token ~ '^\s+$';
      continue when token = '"C"' and before = 'collate';
      before := token;
      continue when token ~ '^(?:E?''.*''|[0-9].*|[()\[\],])$';
      continue when token in ('+', '-', '*', '/', '<', '<=', '>', '>=', '=', '<>');
      continue when token ~ '^::' and token ~ '^::(float8|float4|text|integer)(\[\])?$';
      continue when token ~ allowed;
      raise exception 'the expression holds what no score needs: %', left(token, 40) using errcode = 'DB015';
    end loop;
  end loop;
  if open <> '' then
    raise exception 'the expression''s parentheses do not match' using errcode = 'DB015';
  end if;
  return parts;
end
$$;
comment on function dbml._checked_expression(text[], integer, integer) is
  'The parts of a version''s SQL expression, refused where they hold anything but arithmetic.';
