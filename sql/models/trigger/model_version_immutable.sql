create or replace function dbml._refuse_change() returns trigger
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% of dbml.model_version is refused: a stored version never changes', tg_op
    using errcode = 'DB006', hint = 'Add the changed model as a new version: dbml model add NAME FILE';
end
$$;
comment on function dbml._refuse_change() is 'Keeps stored versions immutable.';

create or replace trigger dbml_immutable
before update or truncate on dbml.model_version
for each statement execute function dbml._refuse_change();
