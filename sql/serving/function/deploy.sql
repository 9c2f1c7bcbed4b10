-- Deploying binds and writes to no row, so that no statement waits for it. Rows keep the score of an earlier version
-- until rescore, and where no version has served they wait for their first one.
-- Whoever deploys says aloud what changes for those who read the score or fill the features: 'output', 'features'.
create or replace function dbml.deploy(model text, version integer, note text default null, changes text[] default '{}') returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  if not exists (select from dbml.model_version v where v.model = deploy.model and v.version = deploy.version) then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005',
            hint = coalesce(
              (select format('%s has version %s', v.model, string_agg(v.version::text, ', ' order by v.version))
                 from dbml.model_version v where v.model = deploy.model group by v.model),
              'dbml model list shows what there is');
  end if;
  perform dbml._hold('the deployment of ' || model);
  perform dbml._refuse_change(model, version, changes);
  return dbml._serve(model, version, note);
end
$$;
comment on function dbml.deploy(text, integer, text, text[]) is
  'Makes a version serve from the next statement on, everywhere, with the reason why and what may change; returns how many rows wait for their first score, which dbml.rescore(model) or the command dbml rescore gives them.';

create or replace function dbml._serve(model text, version integer, note text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  engine text;
  first boolean;
  attached dbml.profile;
  rows bigint;
  waiting bigint := 0;
begin
  -- Locked against whoever would choose another at this moment.
  select e.engine into engine
    from dbml.version_engine e
   where e.model = _serve.model and e.version = _serve.version
     for share;
  perform dbml._prepare(model, version, engine);
  first := not exists (select from dbml.serving s where s.model = _serve.model);
  insert into dbml.deployment (model, version, note) values (_serve.model, _serve.version, _serve.note);
  for attached in
    select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = _serve.model order by p.id
  loop
    perform dbml._bind(attached.id);
    if first then
      execute format('select count(*) from %s', attached.relation) into rows;
      waiting := waiting + rows;
    end if;
  end loop;
  return waiting;
end
$$;
comment on function dbml._serve(text, integer, text) is 'The same, whatever changes; who calls it holds the model''s lock.';
