create or replace function dbml._not_deployed(model text) returns float8
language plpgsql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'model % has no deployed version here', quote_literal(model)
    using errcode = 'DB005', hint = format('Deploy one: dbml deploy %s@VERSION; dbml model list shows what there is', model);
end
$$;
comment on function dbml._not_deployed(text) is 'What score() of a model without a deployment comes to.';
