create or replace function dbml._choose_engine(model text, version integer, engine text, parity jsonb, cost jsonb) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached integer;
begin
  perform dbml._prepare(model, version, engine);
  -- Whoever deploys this version holds the row in share mode: he binds the new engine, or has to be bound anew.
  update dbml.version_engine e
     set engine = _choose_engine.engine, parity = _choose_engine.parity, cost = _choose_engine.cost,
         chosen_at = now(), chosen_by = session_user
   where e.model = _choose_engine.model and e.version = _choose_engine.version;
  for attached in
    select distinct r.profile
      from dbml.serving s
      join dbml.prediction r on r.model = s.model
     where s.model = _choose_engine.model and s.version = _choose_engine.version
     order by r.profile
  loop
    perform dbml._bind(attached);
  end loop;
end
$$;
comment on function dbml._choose_engine(text, integer, text, jsonb, jsonb) is
  'Makes a version run on another engine, with what each did in its trial; where it serves, from the next statement on.';
