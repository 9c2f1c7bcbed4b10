-- Safe to call at any time and any number of times: what is not due stays, and steps whose time has long passed are taken
-- together. A candidate that fails too often, or does worse, is aborted before it is given more.
-- Outcomes are read with the rights of whoever calls: their expressions are others' code.
create or replace function dbml.advance(model text default null) returns table (name text, act text, share numeric)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  due text;
  why text;
begin
  for due in select distinct s.model from dbml.serving s
              where s.arm <> 'control' and (advance.model is null or s.model = advance.model) order by s.model loop
    if dbml._guarded_by_outcome(due) then
      begin
        why := dbml._worse(due);
      exception when others then
        -- Where nobody can tell whether it does harm, it is given no more.
        raise warning 'the guard on outcomes of % cannot be asked, so its candidate stays as it is: % (%)', due, sqlerrm, sqlstate;
        name := due; act := 'held'; share := (select s.share from dbml.serving s where s.model = due and s.arm = 'candidate');
        return next;
        continue;
      end;
      if why is not null then
        perform dbml.abort(due, why);
        name := due; act := 'abort'; share := 0;
        return next;
        continue;
      end if;
    end if;
    return query select a.name, a.act, a.share from dbml._advance(due) a;
  end loop;
end
$$;
comment on function dbml.advance(text) is
  'Takes the steps of canary and rolling that are due, of one model or of all, and aborts what its guards say; returns what was done.';

create or replace function dbml._guarded_by_outcome(model text) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- Held from here on, so that what is aborted is what was asked about.
  perform dbml._hold('the deployment of ' || model);
  return coalesce((select o.outcome_guard from dbml.rollout o where o.model = _guarded_by_outcome.model), false);
end
$$;
comment on function dbml._guarded_by_outcome(text) is
  'Locks a model, and says whether the candidate that stands beside it is to be aborted when its outcomes are worse.';

create or replace function dbml._worse(model text) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  found record;
begin
  -- Of several candidates one that is worse may stay beside a better one: an ab test ends when none is left.
  select bool_or(e.state = 'invalid') as invalid, min(e.says) as says, bool_and(e.state = 'worse') as worse,
         string_agg(format('%s@%s is worse: the mean outcome is %s, that of the control %s, the evidence %s', _worse.model, e.version,
           round(e.mean::numeric, 4), round(e.control::numeric, 4), round(least(e.evidence, 1e9)::numeric)), '; ') as why
    into found
    from (select x.*, max(x.mean) filter (where x.arm = 'control') over () as control from dbml.experiment(_worse.model) x) e
   where e.arm <> 'control';
  if found.invalid then
    raise exception '%', found.says using errcode = 'DB030', hint = format('Look at it, and end it: dbml experiment %s', model);
  end if;
  return case when found.worse then found.why end;
end
$$;
comment on function dbml._worse(text) is 'Why the outcomes of what stands beside a model''s version say to abort it; NULL where they do not.';

create or replace function dbml._advance(model text) returns table (name text, act text, share numeric)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
#variable_conflict use_column
declare
  due text;
  running dbml.rollout;
  held numeric;
  why text;
  place integer;
  passed integer;
begin
  for due in select o.model from dbml.rollout o where o.model = _advance.model loop
    perform dbml._hold('the deployment of ' || due);
    select o.* into running from dbml.rollout o where o.model = due;
    continue when running.model is null;
    select s.share into held from dbml.serving s where s.model = due and s.arm = 'candidate';
    why := dbml._fails_too_often(running);
    if why is not null then
      perform dbml.abort(due, why);
      name := due; act := 'abort'; share := 0;
      return next;
      continue;
    end if;
    if running.rate is not null then
      select * into name, act, share from dbml._roll_on(running, held);
      if act is not null then
        return next;
      end if;
      continue;
    end if;
    continue when running.steps is null;
    -- Where somebody has set a share by hand, the next step is the first that is more.
    place := coalesce((select count(*)::integer from unnest(running.steps) s where s <= held), 0);
    passed := case when running.hold is null or running.hold = interval '0' then 1
                   else floor(extract(epoch from now() - running.stepped_at) / extract(epoch from running.hold))::integer end;
    continue when passed < 1;
    if place + passed > cardinality(running.steps) then
      -- The last step has had its time as well.
      if running.steps[cardinality(running.steps)] = 100 then
        perform dbml.promote(due, 'every step was taken');
        name := due; act := 'promote'; share := 100;
        return next;
        continue;
      end if;
      continue when place = cardinality(running.steps);
      passed := cardinality(running.steps) - place;
    end if;
    perform dbml._allot(due, 'candidate', (running.steps[place + passed] * 100)::integer);
    -- Not now(): a late call must not lengthen the steps that follow.
    update dbml.rollout o
       set stepped_at = case when running.hold is null then now() else running.stepped_at + passed * running.hold end
     where o.model = due;
    perform dbml._note_act(due, 'step', null);
    perform dbml._bind_model(due);
    name := due; act := 'step'; share := running.steps[place + passed];
    return next;
  end loop;
end
$$;
comment on function dbml._advance(text) is 'Takes the steps of a model that are due, and aborts a candidate that fails too often.';

-- As many rows as the time since the last call allows; what is less than a bucket stays for the next call.
create or replace function dbml._roll_on(running dbml.rollout, held numeric, out name text, out act text, out share numeric)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached regclass;
  counted bigint;
  rows bigint := 1;
  gained bigint;
begin
  for attached in select p.relation from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = running.model loop
    execute format('select count(*) from %s', attached) into counted;
    rows := rows + counted;
  end loop;
  gained := floor(extract(epoch from clock_timestamp() - running.stepped_at) * running.rate * 10000 / rows);
  if gained < 1 then
    return;
  end if;
  name := running.model;
  if held = 100 then
    perform dbml.promote(name, 'every row was moved');
    act := 'promote';
    share := 100;
    return;
  end if;
  share := least(held * 100 + gained, 10000) / 100;
  perform dbml._allot(name, 'candidate', (share * 100)::integer);
  update dbml.rollout o
     set stepped_at = running.stepped_at + make_interval(secs => gained * rows / 10000.0 / running.rate)
   where o.model = running.model;
  perform dbml._note_act(name, 'step', null);
  perform dbml._bind_model(name);
  act := 'step';
end
$$;
comment on function dbml._roll_on(dbml.rollout, numeric) is 'Moves rolling on at its rate; returns nothing where less than a bucket is due.';

create or replace function dbml._fails_too_often(running dbml.rollout) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  candidate dbml.arm;
  attached record;
  counted bigint;
  failed bigint;
  scored bigint;
begin
  if running.failure_limit is null then
    return null;
  end if;
  for candidate in select a.* from dbml.arm a where a.model = running.model order by a.arm loop
    -- Entities of the candidate that cannot be scored now, of all that it has.
    scored := 0;
    for attached in select p.id, p.relation from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = running.model loop
      execute format('select count(*) from %s c where dbml_scorer.%I($1, c) = $2', attached.relation, format('profile_%s_arm', attached.id))
        into counted using running.model, candidate.arm;
      scored := scored + counted;
    end loop;
    select count(*) into failed from dbml.failure f where f.model = running.model and f.version = candidate.version;
    if scored > 0 and failed::numeric / scored >= running.failure_limit then
      return format('%s of %s entities could not be scored by %s@%s, the limit is %s',
        failed, scored, running.model, candidate.version, running.failure_limit);
    end if;
  end loop;
  return null;
end
$$;
comment on function dbml._fails_too_often(dbml.rollout) is 'Why the guard of a strategy says to abort it, by the failures of each arm alone; NULL where it does not.';
