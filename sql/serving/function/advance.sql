-- Safe to call at any time and any number of times: what is not due stays, and steps whose time has long passed are taken
-- together. A candidate that fails too often is aborted before it is given more.
create or replace function dbml.advance(model text default null) returns table (name text, act text, share numeric)
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
  for due in select o.model from dbml.rollout o where advance.model is null or o.model = advance.model order by o.model loop
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
comment on function dbml.advance(text) is
  'Takes the steps of canary and rolling that are due, of one model or of all, and aborts what its guard says; returns what was done.';

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
