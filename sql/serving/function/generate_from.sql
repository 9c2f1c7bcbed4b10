create or replace function dbml._generate_from(
  function text, template text, parts jsonb, says text, analysts boolean, anew boolean
) returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  definition text := dbml._fill(dbml._template(template), parts);
begin
  return dbml._generate(function, definition, md5(definition), says, analysts, anew)::integer;
end
$$;
comment on function dbml._generate_from(text, text, jsonb, text, boolean, boolean) is
  'Makes a function from a template, unless it is there as that would make it; returns 1 where it did, and else 0.';
