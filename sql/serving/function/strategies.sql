-- One strategy a model. Each act is one transaction that replaces functions, and holds from the next statement on in
-- every session; who acts holds the model's lock.
create or replace function dbml._ready(model text, version integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  engine text;
begin
  -- Locked against whoever would choose another at this moment.
  select e.engine into engine from dbml.version_engine e where e.model = _ready.model and e.version = _ready.version for share;
  perform dbml._prepare(model, version, engine);
end
$$;
comment on function dbml._ready(text, integer) is 'Makes a version ready to score on the engine that was chosen for it.';

create or replace function dbml._bind_model(model text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._bind(p.profile)
    from (select r.profile from dbml.prediction r where r.model = _bind_model.model order by r.profile) p
$$;
comment on function dbml._bind_model(text) is 'Binds every profile of a model.';

-- Of several arms one is promoted and the others end; its row is the last, by which _resume knows it.
create or replace function dbml._note_act(model text, act text, note text, promoted integer default null) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.strategy_act (model, arm, version, act, strategy, share, note, ended)
  select s.model, s.arm, s.version, case when s.version <> promoted then 'abort' else _note_act.act end, s.strategy, coalesce(s.shadow_share, s.share), _note_act.note,
         case when _note_act.act in ('promote', 'abort') then dbml._strategy_record(_note_act.model) end
    from dbml.serving s
   where s.model = _note_act.model and s.arm <> 'control'
   order by s.version = promoted, s.arm
$$;
comment on function dbml._note_act(text, text, text, integer) is 'Writes into the history what was done with the arms of a model, as they are now.';

create or replace function dbml._refuse_while_running(model text, act text) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running record;
begin
  select s.strategy, s.version, coalesce(s.shadow_share, s.share) as share into running
    from dbml.serving s where s.model = _refuse_while_running.model and s.arm <> 'control' order by s.arm limit 1;
  if found then
    raise exception 'a strategy % runs for %, with %@% on % percent', running.strategy, model, model, running.version, trim_scale(running.share)
      using errcode = 'DB030', hint = format('Before you %s, end it: dbml promote %s or dbml abort %s', act, model, model);
  end if;
end
$$;
comment on function dbml._refuse_while_running(text, text) is 'Refuses an act on a model while a strategy runs for it.';

create or replace function dbml._running(model text) returns dbml.rollout
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout;
begin
  perform dbml._hold('the deployment of ' || model);
  select o.* into running from dbml.rollout o where o.model = _running.model;
  if running.model is null then
    raise exception 'no strategy runs for %', model
      using errcode = 'DB030', hint = format('Start one: dbml deploy %s@VERSION --strategy canary --share 10', model);
  end if;
  return running;
end
$$;
comment on function dbml._running(text) is 'Locks a model and returns the strategy that runs for it; refuses where none does.';

create or replace function dbml.set_share(model text, share numeric, note text default null) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
begin
  if running.strategy = 'ab' then
    raise exception 'the shares of the ab test of % stay as they are while it runs', model
      using errcode = 'DB030', hint = format('End it first: dbml promote %s or dbml abort %s', model, model);
  end if;
  if running.strategy = 'blue-green' then
    raise exception 'the green version of % serves nobody until it serves everyone', model
      using errcode = 'DB030', hint = format('End it first: dbml promote %s or dbml abort %s', model, model);
  end if;
  if share is null or share < 0 or share > 100 or share <> round(share, 2) then
    raise exception 'a share of % percent for % is none', coalesce(share::text, 'null'), model
      using errcode = 'DB030', hint = 'A share is a percentage from 0 to 100, in hundredths at most.';
  end if;
  if running.strategy = 'shadow' then
    update dbml.arm a set shadow_share = set_share.share where a.model = set_share.model;
  else
    perform dbml._allot(model, 'candidate', (share * 100)::integer);
    -- What was approved, or heard in spite of a signal, was of another step.
    update dbml.rollout o set stepped_at = now(), approved = null, heard = null where o.model = set_share.model;
  end if;
  perform dbml._note_act(model, 'share', note);
  perform dbml._bind_model(model);
end
$$;
comment on function dbml.set_share(text, numeric, text) is
  'Gives the candidate of a model another share of the entities, in percent: it takes more from the control, or gives back what it took last. A shadow answers for another share.';

create or replace function dbml.promote(model text, note text default null, version integer default null) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
  candidates integer[] := array(select a.version from dbml.arm a where a.model = promote.model order by a.arm);
  candidate integer := coalesce(version, candidates[1]);
begin
  if version is null and cardinality(candidates) > 1 then
    raise exception 'beside the version of % that serves there are several: %', model, dbml._numbered_versions(model, candidates)
      using errcode = 'DB030', hint = format('Name the one that is to serve: dbml promote %s --version %s', model, candidate);
  elsif candidate <> all (candidates) then
    raise exception '%@% does not run beside the version that serves; what does: %', model, candidate, dbml._numbered_versions(model, candidates)
      using errcode = 'DB030', hint = format('Name one of these: dbml promote %s --version %s', model, candidates[1]);
  end if;
  if running.strategy = 'blue-green' then
    return dbml._promote_green(model, note);
  end if;
  perform dbml._note_act(model, 'promote', note, candidate);
  delete from dbml.rollout o where o.model = promote.model;
  perform dbml._serve(model, candidate, coalesce(note, format('promoted from %s', running.strategy)));
  return candidate;
end
$$;
comment on function dbml.promote(text, text, integer) is
  'Makes the candidate of a model serve everyone, of several the one with this version, and ends the strategy; green brings its scores with it; returns the version.';

create or replace function dbml._numbered_versions(model text, versions integer[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(format('%s@%s', _numbered_versions.model, v), ', ' order by i) from unnest(versions) with ordinality u(v, i)
$$;
comment on function dbml._numbered_versions(text, integer[]) is 'Versions of a model as people write them.';

-- Whatever a candidate has scored is scored by the control again, in the same transaction.
create or replace function dbml.abort(model text, why text default null) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
  attached dbml.profile;
  prediction dbml.prediction;
  candidates integer[] := array(select a.version from dbml.arm a where a.model = abort.model);
  returning_rows text[] := '{}';
  statement text;
  moved bigint;
  total bigint := 0;
begin
  for attached in
    select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id
     -- These have written into no profile.
     where r.model = abort.model and running.strategy not in ('shadow', 'blue-green')
     order by p.id
  loop
    select r.* into prediction from dbml.prediction r where r.profile = attached.id and r.model = abort.model;
    -- Without a version column nobody knows who has scored a row: those are taken that were ever in the arm.
    returning_rows := returning_rows || format(
      'with dbml_held as (select %1$s from %2$s dbml_row where %3$s order by %1$s for no key update)'
      ' update %2$s dbml_row set %4$s = case when dbml_row.%4$s is null then %6$s end from dbml_held where %5$s',
      (select string_agg('dbml_row.' || dbml._quoted(k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i)),
      attached.relation,
      case when prediction.version_column is not null
        then format('dbml_row.%s = any (%L::integer[])', dbml._quoted(prediction.version_column), candidates)
        else format('%s >= %s', dbml._row_bucket(attached, prediction, 'dbml_row'),
               (select 10000 - max(c.share) * 100 * cardinality(candidates)
                  from dbml.strategy_act c where c.model = abort.model and c.done_at >= running.started_at))
      end,
      dbml._quoted(prediction.column_name),
      (select string_agg(format('dbml_row.%1$s = dbml_held.%1$s', dbml._quoted(k)), ' and ') from unnest(attached.key) k),
      dbml._touched(prediction));
  end loop;
  perform dbml._note_act(model, 'abort', why);
  delete from dbml.aside s where s.model = abort.model;
  delete from dbml.rollout o where o.model = abort.model;
  perform dbml._bind_model(model);
  foreach statement in array returning_rows loop
    execute statement;
    get diagnostics moved = row_count;
    total := total + moved;
  end loop;
  return total;
end
$$;
comment on function dbml.abort(text, text) is
  'Ends the strategy of a model and lets the version that serves score again what the candidate had scored; returns how many rows.';
