-- What the steps of a strategy wait for beside their time: enough entities, an approval, and somebody who resumes them.
create or replace function dbml._let_steps_wait(model text, min_exposures bigint, min_outcomes bigint, approvals numeric[]) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
  wrong numeric;
begin
  if running.steps is null then
    raise exception 'this % of % has no steps that could wait for a minimum or an approval', running.strategy, model
      using errcode = 'DB030', hint = 'Give it some: --steps 1,5,25,100';
  end if;
  if least(min_exposures, min_outcomes) < 1 then
    raise exception 'a step of % cannot wait for % entities', model, least(min_exposures, min_outcomes)
      using errcode = 'DB030', hint = 'For example --minimum exposures=500';
  end if;
  if min_outcomes is not null then
    perform dbml._outcome(model);
  end if;
  if coalesce(min_exposures, min_outcomes) is not null then
    perform dbml._require_log(model);
  end if;
  select coalesce(a.step, 'NaN') into wrong from unnest(approvals) a(step) where (a.step = any (running.steps[2:])) is not true limit 1;
  if wrong is not null or approvals = '{}' then
    raise exception 'an approval of % is for a step after the first, and % is none', model, coalesce(nullif(wrong, 'NaN')::text, 'nothing')
      using errcode = 'DB030', hint = format('The steps after the first are %s.', coalesce(nullif(array_to_string(running.steps[2:], ', '), ''), 'not there'));
  end if;
  update dbml.rollout o
     set min_exposures = _let_steps_wait.min_exposures, min_outcomes = _let_steps_wait.min_outcomes, approvals = _let_steps_wait.approvals
   where o.model = _let_steps_wait.model;
end
$$;
comment on function dbml._let_steps_wait(text, bigint, bigint, numeric[]) is
  'Lets the steps of a model''s strategy wait for so many entities that its candidate has scored, or whose outcome is known, and some of them for an approval.';

create or replace function dbml._steps_passed(running dbml.rollout) returns integer
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when running.hold is null or running.hold = interval '0' then 1
              else floor(extract(epoch from now() - running.stepped_at) / extract(epoch from running.hold))::integer end
$$;
comment on function dbml._steps_passed(dbml.rollout) is 'How many steps of a strategy are due by their time; each call takes one where they have none.';

create or replace function dbml._outcomes_wanted(model text) returns timestamptz
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select o.stepped_at
    from dbml.rollout o
   where o.model = _outcomes_wanted.model and o.min_outcomes is not null and o.paused_at is null and dbml._steps_passed(o) >= 1
$$;
comment on function dbml._outcomes_wanted(text) is 'Since when outcomes of a model''s candidate are counted for its step; NULL where the step does not wait for them, or not yet.';

create or replace function dbml._seen_enough(running dbml.rollout, outcomes bigint) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select case when running.min_outcomes is null then true else coalesce(outcomes, 0) >= running.min_outcomes end
         and case when running.min_exposures is null then true
             else (select count(distinct (l.profile, l.entity)) >= running.min_exposures
                     from dbml.log l
                    where l.model = running.model and l.arm = 'candidate' and l.at >= running.stepped_at and l.score is not null) end
$$;
comment on function dbml._seen_enough(dbml.rollout, bigint) is 'Whether the candidate has scored as many entities in this step, and of as many the outcome is known, as the step waits for.';

create or replace function dbml.approve(model text, note text default null) returns numeric
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
  held numeric := (select s.share from dbml.serving s where s.model = running.model and s.arm = 'candidate');
  coming numeric := (select min(s) from unnest(running.steps) s where s > held);
  later numeric := (select min(a) from unnest(running.approvals) a where a > held);
begin
  if later is null then
    raise exception 'no step of % waits for an approval', model
      using errcode = 'DB030', hint = format('dbml serving %s shows what it waits for; --approval of dbml deploy names such steps.', model);
  elsif coming <> later then
    raise exception 'the next step of %, to % percent, needs no approval, and the one to % percent has not come yet', model, coming, later
      using errcode = 'DB030', hint = format('Approve it when %s percent are reached.', (select max(s) from unnest(running.steps) s where s < later));
  elsif running.approved = coming then
    raise exception 'the step of % to % percent is approved already', model, coming
      using errcode = 'DB030', hint = format('dbml serving %s shows what else it waits for.', model);
  end if;
  update dbml.rollout o set approved = coming where o.model = approve.model;
  perform dbml._note_act(model, 'approve', concat_ws(': ', format('the step to %s percent', coming), note));
  return coming;
end
$$;
comment on function dbml.approve(text, text) is
  'Approves the next step of a model''s strategy, which dbml.advance takes as soon as it is due; returns its share, in percent.';

create or replace function dbml._pause(model text, signal text, why text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
begin
  if running.steps is null and running.rate is null then
    raise exception 'this % of % takes no steps that could pause', running.strategy, model
      using errcode = 'DB030', hint = format('Its share stays as it is until dbml share %1$s, dbml promote %1$s or dbml abort %1$s.', model);
  elsif running.paused_at is not null then
    raise exception 'the steps of % have been paused since %', model, date_trunc('second', running.paused_at)
      using errcode = 'DB030', hint = format('To let them go on: dbml resume %s', model);
  end if;
  update dbml.rollout o set paused_at = now(), paused_by = signal where o.model = _pause.model;
  perform dbml._note_act(model, 'pause', why);
end
$$;
comment on function dbml._pause(text, text, text) is 'Lets the strategy of a model take no step; its guards stay, and everybody keeps the version that serves him.';

create or replace function dbml.pause(model text, why text default null) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._pause(model, null, why)
$$;
comment on function dbml.pause(text, text) is
  'Lets the strategy of a model take no step until dbml.resume; its guards stay, and everybody keeps the version that serves him.';

create or replace function dbml.resume(model text, note text default null) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
begin
  if running.paused_at is null then
    raise exception 'the steps of % are not paused', model
      using errcode = 'DB030', hint = format('dbml serving %s shows what they wait for.', model);
  end if;
  -- Whoever resumes has seen what paused it, and the alerts that are open: they do not pause this step again.
  update dbml.rollout o
     set paused_at = null, paused_by = null, stepped_at = now(),
         heard = array(select h from unnest(running.heard) h
                        union select running.paused_by where running.paused_by <> 'alert'
                        union select format('alert %s', a.id) from dbml.alert a where a.model = running.model and a.closed_at is null)
   where o.model = running.model;
  perform dbml._note_act(model, 'resume', note);
end
$$;
comment on function dbml.resume(text, text) is
  'Lets the steps of a model''s strategy go on that were paused; the time and the minimum of the present step begin anew, and what paused it does not pause it again before the next step.';
