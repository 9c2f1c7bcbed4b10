create or replace function dbml._check_engine() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  -- What the engine python unpickles is a joblib file, and never the bytes of anything else.
  possible text[] := (select m.engines from dbml.model m where m.name = new.model and m.version = new.version);
begin
  if new.engine = any (possible) then
    return new;
  end if;
  raise exception '%@% cannot run on engine %', new.model, new.version, left(new.engine, 40)
    using errcode = 'DB003', hint = format('What is stored of it would do for %s.', coalesce(nullif(array_to_string(possible, ', '), ''), 'none'));
end
$$;
comment on function dbml._check_engine() is 'Lets a version run on no engine that lacks what it takes.';

create or replace trigger dbml_checked
before insert or update on dbml.version_engine
for each row execute function dbml._check_engine();
