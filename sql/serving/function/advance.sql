-- Safe to call at any time and any number of times: what is not due stays, and steps whose time has long passed are taken
-- together. A candidate is aborted, or its steps are paused, before it is given more.
-- Outcomes are read with the rights of whoever calls: their expressions are others' code.
create or replace function dbml.advance(model text default null) returns table (name text, act text, share numeric, why text)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  due text;
  guarded record;
  asked text;
  found text;
  outcomes bigint;
begin
  for due in select distinct s.model from dbml.serving s
              where s.arm <> 'control' and (advance.model is null or s.model = advance.model) order by s.model loop
    begin
      found := null;
      for guarded in select g.* from dbml._guards(due) g loop
        asked := format('the %s on %ss', case when guarded.aborts then 'guard' else 'signal' end, guarded.guard);
        found := case guarded.guard
          when 'failure' then dbml._fails_too_often(due, guarded.threshold)
          when 'score' then dbml._moved(due, coalesce(guarded.threshold, 0))
          when 'alert' then dbml._open_alert(due)
          when 'outcome' then dbml._worse(due) end;
        exit when found is not null;
      end loop;
      asked := 'the minimum of outcomes';
      outcomes := case when found is null then dbml._outcomes_since(due, dbml._outcomes_wanted(due)) end;
    exception when others then
      -- Where nobody can tell whether it does harm, it is given no more.
      raise warning '% of % cannot be asked, so its candidate stays as it is: % (%)', asked, due, sqlerrm, sqlstate;
      return query select due, 'held', s.share, format('%s cannot be asked', asked) from dbml.serving s where s.model = due and s.arm = 'candidate';
      continue;
    end;
    if found is null then
      return query select a.name, a.act, a.share, null::text from dbml._advance(due, outcomes) a;
    elsif guarded.aborts then
      perform dbml.abort(due, found);
      return query select due, 'abort', 0::numeric, found;
    else
      perform dbml._pause(due, guarded.guard, found);
      return query select due, 'pause', s.share, found from dbml.serving s where s.model = due and s.arm = 'candidate';
    end if;
  end loop;
end
$$;
comment on function dbml.advance(text) is
  'Takes the steps of canary and rolling that are due, of one model or of all, aborts what guards and pauses what signals say; returns what was done, and why.';

create or replace function dbml._outcomes_since(model text, since timestamptz) returns bigint
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  known bigint;
begin
  if since is null then
    return null;
  end if;
  execute format('select count(distinct q.entity) from (%s) q where q.arm = ''candidate'' and q.at >= $2 and q.outcome is not null', dbml._ripe(model))
    into known using now(), since;
  return known;
end
$$;
comment on function dbml._outcomes_since(text, timestamptz) is 'How many entities that the candidate of a model has scored since have an outcome that is known; NULL where nobody asks.';

create or replace function dbml._advance(model text, outcomes bigint) returns table (name text, act text, share numeric)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
#variable_conflict use_column
declare
  running dbml.rollout;
  held numeric;
  place integer;
  passed integer;
  approval integer;
begin
  perform dbml._hold('the deployment of ' || model);
  select o.* into running from dbml.rollout o where o.model = _advance.model;
  if running.model is null or running.paused_at is not null or running.steps is null and running.rate is null then
    return;
  end if;
  select s.share into held from dbml.serving s where s.model = running.model and s.arm = 'candidate';
  if running.rate is not null then
    select * into name, act, share from dbml._roll_on(running, held);
    if act is not null then
      return next;
    end if;
    return;
  end if;
  -- Where somebody has set a share by hand, the next step is the first that is more.
  place := (select count(*)::integer from unnest(running.steps) s where s <= held);
  passed := dbml._steps_passed(running);
  if passed < 1 or not dbml._seen_enough(running, outcomes) then
    return;
  end if;
  if running.min_exposures is not null or running.min_outcomes is not null then
    passed := 1;
  end if;
  -- Steps are taken together up to one that wants an approval, and it as well once it has it.
  select min(s.i) into approval from unnest(running.steps) with ordinality s(step, i) where s.i > place and s.step = any (running.approvals);
  if place + passed >= approval then
    passed := approval - place - case when running.steps[approval] = running.approved then 0 else 1 end;
    if passed = 0 then
      return;
    end if;
  end if;
  if place + passed > cardinality(running.steps) then
    -- The last step has had its time as well.
    if running.steps[cardinality(running.steps)] = 100 then
      perform dbml.promote(model, 'every step was taken');
      return query select model, 'promote', 100::numeric;
      return;
    end if;
    if place = cardinality(running.steps) then
      return;
    end if;
    passed := cardinality(running.steps) - place;
  end if;
  name := model;
  act := 'step';
  share := running.steps[place + passed];
  perform dbml._allot(name, 'candidate', (share * 100)::integer);
  -- A late call must not lengthen the steps that follow; but what waited for something else than its time begins now.
  update dbml.rollout o
     set heard = null,
         stepped_at = case when running.hold is null or running.min_exposures is not null or running.min_outcomes is not null or place + passed = approval then now()
                           else running.stepped_at + passed * running.hold end
   where o.model = name;
  perform dbml._note_act(name, 'step', null);
  perform dbml._bind_model(name);
  return next;
end
$$;
comment on function dbml._advance(text, bigint) is
  'Takes the steps of a model that are due; told how many outcomes of the step are known, where it waits for them.';

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
