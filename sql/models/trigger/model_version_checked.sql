create or replace function dbml._check_version() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  texts integer := (select count(*) from jsonb_array_elements(new.interface -> 'features') f where f ->> 'kind' = 'text');
  numbers integer := jsonb_array_length(new.interface -> 'features') - texts;
begin
  if new.expression is not null then
    new.expression := dbml._checked_expression(new.expression, numbers, texts);
    new.careful_expression := dbml._checked_expression(new.careful_expression, numbers, texts);
  end if;
  return new;
end
$$;
comment on function dbml._check_version() is 'Lets no expression into the table that could do more than compute a score.';

create or replace trigger dbml_checked
before insert on dbml.model_version
for each row execute function dbml._check_version();
