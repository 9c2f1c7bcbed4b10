-- What an act ends it writes into the history, and from there it comes back, bucket by bucket.
create or replace function dbml._strategy_record(model text) returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select jsonb_build_object(
           'control', (select s.version from dbml.serving s where s.model = _strategy_record.model and s.arm = 'control'),
           'rollout', to_jsonb(o),
           'arms', (select jsonb_agg(to_jsonb(a) order by a.arm) from dbml.arm a where a.model = o.model),
           'allocation', (select coalesce(jsonb_agg(to_jsonb(l)), '[]') from dbml.allocation l where l.model = o.model))
    from dbml.rollout o
   where o.model = _strategy_record.model
$$;
comment on function dbml._strategy_record(text) is 'The strategy that runs for a model, as the history keeps it.';

create or replace function dbml._resume(model text, note text, rescore boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  present integer;
  last dbml.strategy_act;
  served integer;
begin
  perform dbml._hold('the deployment of ' || model);
  perform dbml._refuse_while_running(model, 'resume another');
  select s.version into present from dbml.serving s where s.model = _resume.model and s.arm = 'control';
  select c.* into last from dbml.strategy_act c where c.model = _resume.model order by c.id desc limit 1;
  if last.ended is null then
    raise exception 'no strategy of % has ended that could go on', model
      using errcode = 'DB030', hint = format('Start one: dbml deploy %s@VERSION --strategy canary --share 10', model);
  end if;
  served := (last.ended ->> 'control')::integer;
  if present is distinct from (case last.act when 'promote' then last.version else served end) then
    raise exception '%@% serves by now, and not what the strategy % left', model, present, last.strategy
      using errcode = 'DB030', hint = 'Somebody has deployed since. Roll that back first, or leave it as it is.';
  end if;
  if present <> served then
    if exists (select from dbml.aside s where s.model = _resume.model and s.version = served) then
      perform dbml._swap(model, served, present, note);
    else
      perform dbml._serve(model, served, note);
    end if;
  end if;
  -- An earlier release had no guard on outcomes. The step begins anew, because nobody was served by it meanwhile.
  insert into dbml.rollout
  select * from jsonb_populate_record(null::dbml.rollout, '{"outcome_guard": false}' || (last.ended -> 'rollout') || jsonb_build_object('stepped_at', now()));
  insert into dbml.arm select * from jsonb_populate_recordset(null::dbml.arm, last.ended -> 'arms');
  insert into dbml.allocation select * from jsonb_populate_recordset(null::dbml.allocation, last.ended -> 'allocation');
  -- What was logged meanwhile no shadow was asked.
  update dbml.arm a set answered_before = pg_snapshot_xmin(pg_current_snapshot())::text::bigint
   where a.model = _resume.model and a.answered_before is not null;
  perform dbml._note_act(model, 'start', note);
  perform dbml._bind_model(model);
  -- Beside these everyone has the control's score already.
  if rescore and last.strategy not in ('blue-green', 'shadow') then
    perform dbml.rescore(model);
  end if;
end
$$;
comment on function dbml._resume(text, text, boolean) is
  'Lets the strategy of a model go on that was promoted or aborted last, as it was: what served before serves again.';

create or replace function dbml._promote_by_migration(model text, note text, rescore boolean, version integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running dbml.rollout := dbml._running(model);
begin
  perform dbml.promote(model, note, version);
  -- Green has brought its scores with it.
  if rescore and running.strategy <> 'blue-green' then
    perform dbml.rescore(model);
  end if;
end
$$;
comment on function dbml._promote_by_migration(text, text, boolean, integer) is
  'Makes the candidate of a model serve everyone, and scores every row on demand.';
