-- Stable and not immutable: the planner would raise it while planning.
create or replace function dbml._refuse(reason text) returns float8
language plpgsql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '%', reason using errcode = 'DB013';
end
$$;
comment on function dbml._refuse(text) is 'What the score of a row that the estimator refuses comes to.';

create or replace function dbml._ieee_answer(x float8, refusal text) returns float8
language plpgsql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if x is null or x in ('NaN', 'Infinity', '-Infinity') then
    return dbml._refuse(refusal);
  end if;
  return x;
end
$$;
comment on function dbml._ieee_answer(float8, text) is 'The score, refused where it is NaN or infinite.';
