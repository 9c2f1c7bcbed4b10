-- What ends a strategy, and what makes it wait for somebody. A guard aborts; a signal asks the same questions, and pauses.
-- Guards come first, and those that read no outcome before those that do, which may not be readable to whoever calls.
create or replace function dbml._guards(model text) returns table (guard text, threshold numeric, aborts boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout;
begin
  -- Held from here on, so that what is aborted is what was asked about.
  perform dbml._hold('the deployment of ' || model);
  select o.* into running from dbml.rollout o where o.model = _guards.model;
  return query
    select g.guard, g.threshold, true
      from (values ('failure', running.failure_limit, running.failure_limit is not null),
                   ('score', running.score_limit, running.score_limit is not null),
                   ('outcome', null, running.outcome_guard)) g(guard, threshold, stands)
     where g.stands;
  return query
    select split_part(s.signal, '=', 1), nullif(split_part(s.signal, '=', 2), '')::numeric, false
      from unnest(running.signals) s(signal)
     where running.paused_at is null and split_part(s.signal, '=', 1) <> all (coalesce(running.heard, '{}'))
     order by array_position('{failure,score,alert,outcome}', split_part(s.signal, '=', 1));
end
$$;
comment on function dbml._guards(text) is
  'Locks a model, and says what is asked of the versions beside the one that serves: guards, which abort them, and then signals, which pause their steps.';

create or replace function dbml._fails_too_often(model text, threshold numeric) returns text
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
  for candidate in select a.* from dbml.arm a where a.model = _fails_too_often.model order by a.arm loop
    -- Entities of the candidate that cannot be scored now, of all that it has.
    scored := 0;
    for attached in select p.id, p.relation from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = _fails_too_often.model loop
      execute format('select count(*) from %s c where dbml_scorer.%I($1, c) = $2', attached.relation, format('profile_%s_arm', attached.id))
        into counted using model, candidate.arm;
      scored := scored + counted;
    end loop;
    select count(*) into failed from dbml.failure f where f.model = _fails_too_often.model and f.version = candidate.version;
    if scored > 0 and failed::numeric / scored >= threshold then
      return format('%s of %s entities could not be scored by %s@%s, the limit is %s', failed, scored, model, candidate.version, threshold);
    end if;
  end loop;
  return null;
end
$$;
comment on function dbml._fails_too_often(text, numeric) is
  'Why an arm of a model has too many entities that cannot be scored, by the failures of each arm alone; NULL where none has.';

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

-- No outcome has to be awaited for that, so it is the first to tell of a version that is fed with something else.
create or replace function dbml._moved(model text, threshold numeric) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  arms text[];
  since timestamptz[];
  until timestamptz;
  found record;
begin
  select array_agg(distinct e.arm), array_agg(distinct e.since), max(e.until) into arms, since, until from dbml._epochs(model, now()) e;
  -- The first score of an entity, once a time of constant shares; keys of different profiles may be the same.
  select bool_or(e.invalid) as invalid,
         bool_and(not e.few and (e.low > threshold or e.high < -threshold)) as moved,
         string_agg(format('the scores of %s@%s are others: their mean is %s, that of the control %s, and the difference lies between %s and %s, at every look',
           _moved.model, e.version, round(e.mean::numeric, 4), round(e.control::numeric, 4), round(e.low::numeric, 4), round(e.high::numeric, 4)), '; ') as why
    into found
    from (select x.*, max(x.mean) filter (where x.arm = 'control') over () as control
            from dbml._between_arms(model, format($query$
              select distinct on (x.epoch, hash_array_extended(x.entity, 0), x.entity) x.*
                from (select width_bucket(l.at, $2) as epoch, l.arm, l.profile::text || l.entity as entity, min(l.at) as at,
                             max(l.version) as version, (array_agg(l.score order by l.at))[1] as score
                        from dbml.log l
                       where l.model = %L and l.score is not null
                         and l.at >= ($2)[1] and l.at < $3 and l.at <= $1 and l.arm = any ('control'::text || $4)
                       group by 1, 2, 3) x
               order by x.epoch, hash_array_extended(x.entity, 0), x.entity, x.at desc$query$, model),
              'select x.epoch, x.arm, x.entity, x.score as y, null::float8 as x from exposure x', null, false, now(), since, until, arms) x) e
   where e.arm <> 'control';
  if found.invalid then
    raise exception 'the entities do not come in the shares that were set, so that the arms cannot be compared'
      using errcode = 'DB030', hint = format('See where the entities of an arm fail, and end it: dbml abort %s', model);
  end if;
  return case when found.moved then found.why end;
end
$$;
comment on function dbml._moved(text, numeric) is
  'Why the mean score of what stands beside a model''s version differs from the control''s by more than this, by an interval that holds at every look; NULL where it does not.';

create or replace function dbml._open_alert(model text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select format('alert %s: %s', a.id, a.says)
    from dbml.alert a
    join dbml.rollout o on o.model = a.model
   where a.model = _open_alert.model and a.closed_at is null and a.acknowledged_at is null
     and format('alert %s', a.id) <> all (coalesce(o.heard, '{}'))
   order by a.id
   limit 1
$$;
comment on function dbml._open_alert(text) is
  'An alert of a model that is open, which nobody has acknowledged, and in spite of which nobody has resumed the strategy; NULL where there is none.';

create or replace function dbml._require_log(model text) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  if not exists (select from dbml.prediction r where r.model = _require_log.model and r.log is not null) then
    raise exception 'no profile logs the predictions of %, so nobody could tell whom its candidate has scored', model
      using errcode = 'DB030', hint = 'Add log = "scores" to the spec, and attach the profile again.';
  end if;
end
$$;
comment on function dbml._require_log(text) is 'Refuses a model whose predictions no profile logs.';

create or replace function dbml._watch(model text, outcome_guard boolean, score_limit numeric, signals text[]) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
  wrong text;
begin
  if (outcome_guard or score_limit is not null) and running.strategy not in ('canary', 'rolling', 'ab') then
    raise exception 'a % of % gives no customer another score, so no outcome can guard it, and no mean score', running.strategy, model
      using errcode = 'DB030', hint = 'Guard a canary, rolling or ab; dbml experiment compares what a shadow answers.';
  end if;
  if score_limit < 0 or score_limit = 'NaN' then
    raise exception 'a guard on scores of % is a difference of means from 0 on, not %', model, score_limit
      using errcode = 'DB030', hint = 'For example --guard score=0.02; 0 allows none.';
  end if;
  if signals is not null and running.steps is null and running.rate is null then
    raise exception 'a signal pauses steps, and this % of % has none', running.strategy, model
      using errcode = 'DB030', hint = 'Give it --steps, or take --guard, which aborts.';
  end if;
  select coalesce(s.signal, 'null') into wrong
    from unnest(signals) s(signal)
   where (s.signal ~ '^(alert|outcome|score|score=\d+(\.\d+)?|failure=0?\.\d*[1-9]\d*)$') is not true limit 1;
  if wrong is not null or signals = '{}' then
    raise exception 'there is no signal % that could pause %', quote_literal(coalesce(wrong, '')), model
      using errcode = 'DB030', hint = 'Write alert, outcome, score, score=0.02 or failure=0.01.';
  end if;
  if (select count(distinct split_part(s.signal, '=', 1)) from unnest(signals) s(signal)) < cardinality(signals) then
    raise exception 'one signal is given twice for %: %', model, array_to_string(signals, ', ')
      using errcode = 'DB030', hint = 'Give each one once.';
  end if;
  if outcome_guard or 'outcome' = any (signals) then
    perform dbml._outcome(model);
  end if;
  if outcome_guard or score_limit is not null or exists (select from unnest(signals) s(signal) where s.signal ~ '^(outcome|score)') then
    perform dbml._require_log(model);
  end if;
  update dbml.rollout o
     set outcome_guard = _watch.outcome_guard, score_limit = _watch.score_limit, signals = _watch.signals
   where o.model = _watch.model;
end
$$;
comment on function dbml._watch(text, boolean, numeric, text[]) is
  'Lets the strategy of a model be aborted when outcomes are worse or scores have moved, and paused by signals.';
