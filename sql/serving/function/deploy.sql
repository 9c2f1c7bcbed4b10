-- Deploying binds and writes to no row, so that no statement waits for it. Rows keep the score of an earlier version
-- until rescore, and where no version has served they wait for their first one.
-- Whoever deploys says aloud what changes for those who read the score or fill the features: 'output', 'features'.
create or replace function dbml.deploy(
  model text, version integer, note text default null, changes text[] default '{}',
  strategy text default 'recreate', share numeric default null, only_where text default null,
  steps numeric[] default null, hold interval default null, failure_limit numeric default null, also integer[] default '{}',
  in_statement boolean default false, rate integer default null, outcome_guard boolean default false,
  score_limit numeric default null, min_exposures bigint default null, min_outcomes bigint default null,
  approvals numeric[] default null, signals text[] default null
) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  wanted integer;
begin
  perform dbml._hold('the deployment of ' || model);
  foreach wanted in array version || also loop
    perform dbml._require_version(model, wanted);
    perform dbml._refuse_change(model, wanted, changes);
  end loop;
  perform dbml._refuse_while_running(model, format('deploy %s@%s', model, version));
  -- From here on nothing is swapped back.
  delete from dbml.aside s where s.model = deploy.model;
  if strategy <> 'recreate' then
    perform dbml._start_strategy(model, version || also, strategy, share, only_where, steps, hold, failure_limit, in_statement, rate, note);
    if outcome_guard or score_limit is not null or signals is not null then
      perform dbml._watch(model, outcome_guard, score_limit, signals);
    end if;
    if coalesce(min_exposures::text, min_outcomes::text, approvals::text) is not null then
      perform dbml._let_steps_wait(model, min_exposures, min_outcomes, approvals);
    end if;
    return 0;
  end if;
  if share is not null or only_where is not null or steps is not null or hold is not null or failure_limit is not null or also <> '{}'
     or in_statement or rate is not null or outcome_guard or coalesce(score_limit::text, min_exposures::text, min_outcomes::text, approvals::text, signals::text) is not null then
    raise exception 'without a strategy %@% serves everyone at once, and takes no share, condition, step or guard', model, version
      using errcode = 'DB030', hint = format('Name one: dbml deploy %s@%s --strategy canary --share 10', model, version);
  end if;
  return dbml._serve(model, version, note);
end
$$;
comment on function dbml.deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[], boolean, integer, boolean, numeric, bigint, bigint, numeric[], text[]) is
  'Makes a version serve from the next statement on, everywhere or by a strategy beside the one that serves; returns how many rows wait for their first score, which dbml.rescore(model) or the command dbml rescore gives them.';

create or replace function dbml._require_version(model text, version integer) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  if not exists (select from dbml.model_version v where v.model = _require_version.model and v.version = _require_version.version) then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005',
            hint = coalesce(
              (select format('%s has version %s', v.model, string_agg(v.version::text, ', ' order by v.version))
                 from dbml.model_version v where v.model = _require_version.model group by v.model),
              'dbml model list shows what there is');
  end if;
end
$$;
comment on function dbml._require_version(text, integer) is 'Refuses a version that is not there.';

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
  first := not exists (select from dbml.serving s where s.model = _serve.model and s.arm = 'control');
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
