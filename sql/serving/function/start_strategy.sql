create or replace function dbml._start_strategy(
  model text, versions integer[], strategy text, share numeric, only_where text, steps numeric[], hold interval,
  failure_limit numeric, in_statement boolean, rate integer, note text
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile;
  first numeric;
  wanted integer;
  named text;
  place integer := 0;
begin
  perform dbml._refuse_versions(model, versions, strategy);
  if strategy = 'blue-green' and exists (select from dbml.prediction r where r.model = _start_strategy.model and r.outputs is not null) then
    raise exception 'blue-green keeps scores aside and nothing else, and % fills columns with other answers', model
      using errcode = 'DB030', hint = format('Use another strategy, such as dbml deploy %s@%s --strategy rolling', model, versions[1]);
  end if;
  if strategy = 'blue-green' and coalesce(share::text, only_where, steps::text, hold::text, failure_limit::text, rate::text) is not null then
    raise exception 'the green version of % serves nobody until it serves everyone, so it has no share, condition, steps, hold, guard or rate', model
      using errcode = 'DB030', hint = format('Leave them out: dbml deploy %s@%s --strategy blue-green', model, versions[1]);
  end if;
  if strategy = 'shadow' then
    perform dbml._refuse_shadow(model, versions, coalesce(steps::text, hold::text, failure_limit::text, rate::text) is not null, in_statement);
  elsif in_statement then
    raise exception 'a version that answers inside the statement unheard is a shadow, and % of % is none', strategy, model
      using errcode = 'DB030', hint = 'Take --strategy shadow, or leave --in-statement out.';
  end if;
  if rate is not null and (strategy <> 'rolling' or steps is not null or hold is not null) then
    raise exception 'a rate of % rows a second is for rolling %, without steps or a hold', rate, model
      using errcode = 'DB030', hint = 'For example --strategy rolling --rate 500';
  elsif rate <= 0 then
    raise exception 'at a rate of % rows a second % would never be done', rate, model
      using errcode = 'DB030', hint = 'For example --strategy rolling --rate 500';
  end if;
  if steps is null and strategy = 'rolling' and share is null and rate is null then
    steps := '{10,20,30,40,50,60,70,80,90,100}';
  end if;
  perform dbml._refuse_steps(model, strategy, share, steps, hold);
  if strategy = 'canary' and steps is not null then
    hold := coalesce(hold, '1 day');
  end if;
  first := coalesce(steps[1], share, case
    when strategy = 'ab' then round(100.0 / (cardinality(versions) + 1), 2)
    when strategy in ('shadow', 'blue-green') then 100
    when rate is not null then 0.01
    else 10 end);
  perform dbml._refuse_share(model, strategy, first, cardinality(versions));
  if failure_limit <= 0 or failure_limit >= 1 then
    raise exception 'a guard on failures of % is a share between 0 and 1, not %', model, failure_limit
      using errcode = 'DB030', hint = 'For example --guard failure=0.01';
  end if;
  if only_where is not null and not exists (select from dbml.prediction r where r.model = _start_strategy.model) then
    raise exception 'no profile has a prediction of %, so there are no rows to choose by %', model, quote_literal(only_where)
      using errcode = 'DB030', hint = 'Attach one first: dbml attach SPEC.toml';
  end if;
  for attached in select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = _start_strategy.model loop
    if only_where is not null then
      perform dbml._checked_predicate(attached, only_where);
      -- How many rows a strategy has, and which, tells what its condition says of them.
      if not dbml._caller_reads(attached.relation, coalesce(dbml._columns_named(attached.relation, only_where), '{}')) then
        raise exception 'role % may not read %, and a condition would tell what they hold', session_user,
          (select string_agg(format('%s.%I', attached.relation, c), ', ') from unnest(dbml._columns_named(attached.relation, only_where)) c)
          using errcode = 'DB014', hint = 'Whoever may read these columns in every row starts the strategy; or leave its condition out.';
      end if;
    end if;
  end loop;
  insert into dbml.rollout (model, strategy, predicate, steps, hold, failure_limit, rate)
  values (model, strategy, only_where, steps, hold, failure_limit, rate);
  foreach wanted in array versions loop
    place := place + 1;
    named := case strategy when 'shadow' then 'shadow' when 'blue-green' then 'green' else 'candidate' end || case place when 1 then '' else '_' || place end;
    perform dbml._ready(model, wanted);
    insert into dbml.arm (model, arm, version, shadow_share, answered_before)
    values (model, named, wanted,
            case when strategy = 'shadow' then first end,
            case when strategy = 'shadow' and not in_statement then pg_snapshot_xmin(pg_current_snapshot())::text::bigint end);
    if strategy not in ('shadow', 'blue-green') then
      perform dbml._allot(model, named, (first * 100)::integer);
    end if;
  end loop;
  perform dbml._note_act(model, 'start', note);
  perform dbml._bind_model(model);
end
$$;
comment on function dbml._start_strategy(text, integer[], text, numeric, text, numeric[], interval, numeric, boolean, integer, text) is
  'Puts versions beside the one that serves, each as an arm with its share.';

create or replace function dbml._refuse_versions(model text, versions integer[], strategy text) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  present integer := (select s.version from dbml.serving s where s.model = _refuse_versions.model and s.arm = 'control');
begin
  if strategy not in ('rolling', 'blue-green', 'canary', 'ab', 'shadow') then
    raise exception 'there is no strategy %', quote_literal(strategy)
      using errcode = 'DB030', hint = 'Choose recreate, rolling, blue-green, canary, ab or shadow.';
  end if;
  if present is null then
    raise exception 'no version of % serves, so nothing can stand beside it', model
      using errcode = 'DB030', hint = format('Deploy the first version at once: dbml deploy %s@%s', model, versions[1]);
  end if;
  if present = any (versions) then
    raise exception '%@% serves already', model, present
      using errcode = 'DB030', hint = format('Put another version beside it; dbml model list %s shows what there is', model);
  end if;
  if cardinality(versions) > 1 and strategy not in ('ab', 'shadow') or (select count(distinct v) from unnest(versions) v) < cardinality(versions) then
    raise exception 'a strategy % of % puts one version beside the one that serves', strategy, model
      using errcode = 'DB030', hint = 'Several different versions can be compared by --strategy ab or shadow.';
  end if;
end
$$;
comment on function dbml._refuse_versions(text, integer[], text) is 'Refuses versions that a strategy cannot put beside the one that serves.';

create or replace function dbml._refuse_steps(model text, strategy text, share numeric, steps numeric[], hold interval) returns void
language plpgsql
immutable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  if steps is not null then
    if strategy = 'ab' then
      raise exception 'the shares of an ab test of % stay as they are while it runs, so it has no steps', model
        using errcode = 'DB030', hint = 'Give --share alone, or take --strategy canary.';
    end if;
    if steps = '{}' or exists (select from unnest(steps) with ordinality s(step, i)
                                where step is null or step <= 0 or step > 100 or step <= all (steps[:i - 1]) and i > 1) then
      raise exception 'the steps of % must be shares in percent that grow, from above 0 to 100: %', model, array_to_string(steps, ',')
        using errcode = 'DB030', hint = 'For example --steps 1,5,25,100';
    end if;
    if share is not null and share <> steps[1] then
      raise exception 'the first step of % is % percent, and the share %', model, steps[1], share
        using errcode = 'DB030', hint = 'Leave --share out: the steps begin with it.';
    end if;
  elsif hold is not null then
    raise exception 'a hold says how long a step of % lasts, and there are no steps', model
      using errcode = 'DB030', hint = 'For example --steps 1,5,25,100 --hold ''1 day''';
  end if;
  if hold < interval '0' then
    raise exception 'a hold of % is no time', hold using errcode = 'DB030', hint = 'For example --hold ''1 day''';
  end if;
end
$$;
comment on function dbml._refuse_steps(text, text, numeric, numeric[], interval) is 'Refuses steps that are none.';

create or replace function dbml._refuse_share(model text, strategy text, share numeric, versions integer) returns void
language plpgsql
immutable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  -- A canary is there to be small; it is widened on purpose, by set_share or by its steps.
  canary_limit constant numeric := 35;
begin
  if share <= 0 or share > 100 or share <> round(share, 2) or strategy <> 'shadow' and share * versions > 100 then
    raise exception 'a share of % percent for each of % versions of % leaves no control, or is none', share, versions, model
      using errcode = 'DB030', hint = 'A share is a percentage from 0.01 to 100, such as --share 10';
  end if;
  if strategy = 'canary' and share > canary_limit then
    raise exception 'a canary of % begins with at most % percent, not %', model, canary_limit, share
      using errcode = 'DB030', hint = format('Begin with less, and widen it later: dbml share %s %s; or compare both with --strategy ab', model, share);
  end if;
end
$$;
comment on function dbml._refuse_share(text, text, numeric, integer) is 'Refuses a share that a strategy cannot begin with.';
