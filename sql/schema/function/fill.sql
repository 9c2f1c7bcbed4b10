-- Templates of sql/serving/template hold placeholders that say how they are quoted, as format() does: {name:I} becomes an
-- identifier, {name:L} a literal, {name:s} SQL as it is. A part that stands alone on its line brings its own indent, and
-- takes the line with it where it is empty. No other line is moved: a line break may belong to a literal.
create or replace function dbml._fill(template text, parts jsonb) returns text
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  pieces text[] := regexp_split_to_array(rtrim(template, E'\n'), '\{\w+:[ILs]\}');
  filled text := '';
  margin text;
  part jsonb;
  found record;
begin
  for found in
    select m[1] as name, m[2] as quoting, i from regexp_matches(template, '\{(\w+):([ILs])\}', 'g') with ordinality x(m, i)
  loop
    part := parts -> found.name;
    if coalesce(jsonb_typeof(part), 'null') = 'null' then
      raise exception 'the template has a part % that it was not given', quote_literal(found.name) using errcode = 'internal_error';
    end if;
    margin := rtrim(pieces[found.i], ' ');
    if found.quoting = 's' and (right(margin, 1) = E'\n' or margin = '' and found.i = 1) and left(pieces[found.i + 1], 1) in (E'\n', '') then
      filled := filled || margin || (part #>> '{}');
      if part #>> '{}' = '' then
        filled := left(filled, -1);
        if filled = '' then
          pieces[found.i + 1] := substr(pieces[found.i + 1], 2);
        end if;
      end if;
    else
      filled := filled || pieces[found.i] || case
        when found.quoting = 'I' then dbml._quoted(part #>> '{}')
        when found.quoting = 'L' and jsonb_typeof(part) = 'string' then quote_literal(part #>> '{}')
        else part #>> '{}'
      end;
    end if;
  end loop;
  return filled || pieces[cardinality(pieces)];
end
$$;
comment on function dbml._fill(text, jsonb) is 'A template with its parts put in, each quoted as its placeholder says.';

create or replace function dbml._quoted(name text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- To PL/pgSQL these are no names either, and quote_ident() does not know of it.
  select case
    when name in ('begin', 'by', 'declare', 'execute', 'foreach', 'if', 'loop', 'strict', 'while') then '"' || name || '"'
    else quote_ident(name)
  end
$$;
comment on function dbml._quoted(text) is 'An identifier, quoted where SQL or PL/pgSQL would read it as something else.';
