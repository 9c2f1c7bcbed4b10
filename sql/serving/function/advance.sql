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

create or replace function dbml._fails_too_often(running dbml.rollout) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached record;
  counted bigint;
  failed bigint := 0;
  scored bigint := 0;
begin
  if running.failure_limit is null then
    return null;
  end if;
  -- Entities of the candidate that cannot be scored now, of all that it has.
  for attached in select p.id, p.relation from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = running.model loop
    execute format('select count(*) from %s c where dbml_scorer.%I($1, c) <> ''control''',
                   attached.relation, format('profile_%s_arm', attached.id))
      into counted using running.model;
    scored := scored + counted;
  end loop;
  select count(*) into failed
    from dbml.failure f
    join dbml.arm a on a.model = f.model and a.version = f.version
   where f.model = running.model;
  if scored > 0 and failed::numeric / scored >= running.failure_limit then
    return format('%s of %s entities could not be scored, the limit is %s', failed, scored, running.failure_limit);
  end if;
  return null;
end
$$;
comment on function dbml._fails_too_often(dbml.rollout) is 'Why the guard of a strategy says to abort it; NULL where it does not.';
