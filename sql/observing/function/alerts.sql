-- One alert a cause: while a cause is there, its alert stays open, however often it is found. A cause that comes back within
-- a day opens its old alert again, and is told again the first time only.
create or replace function dbml._causes("window" interval) returns table (model text, cause text, says text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  served record;
begin
  for served in
    select s.model, s.version from dbml.serving s
     where s.arm = 'control'
       and exists (select from dbml.reference r where r.model = s.model and r.version = s.version)
     order by s.model
  loop
    -- All that has moved of a feature is one cause, and its plainest statistic, which comes first, says it.
    return query
      select served.model, 'drift of ' || d.feature, (array_agg(d.says order by d.ordinality) filter (where d.state = 'alert'))[1]
        from dbml._drifted(served.model, "window", now(), served.version) with ordinality d
       where d.state in ('alert', 'insufficient_data')
       group by d.feature;
  end loop;
  return query
    select null::text, 'duty ' || j.duty,
           format('the duty %s %s', j.duty, case j.state
             when 'failed' then format('has failed %s times in a row: %s', j.failures, j.error)
             when 'abandoned' then 'was abandoned by its worker, and no other has taken it'
             else 'has got nowhere for five minutes' end)
      from dbml.job j
     where j.state = 'failed' and j.failures >= 3 or j.state = 'hung'
        or j.state = 'abandoned' and j.progressed < clock_timestamp() - interval '5 minutes';
  return query
    select null::text, 'events ' || o.topic,
           format('%s events of the topic %s wait to be relayed, the oldest since %s: %s', o.waiting, o.topic, date_trunc('second', o.oldest),
                  coalesce((select 'the relay fails: ' || j.error from dbml.job j where j.duty = 'relay' and j.state = 'failed'), 'no relay takes them'))
      from dbml.outbox_status o
     where o.oldest < clock_timestamp() - interval '1 hour';
end
$$;
comment on function dbml._causes(interval) is 'What is wrong now: drift of the versions that serve, duties that fail, and events that nobody takes; without words, what cannot be told.';

create or replace function dbml._judged_models() returns setof text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select distinct s.model
    from dbml.serving s
    join dbml.outcome o on o.model = s.model
   where s.arm = 'control'
   order by s.model
$$;
comment on function dbml._judged_models() is 'Models that serve, and whose outcomes a spec names.';

-- Outcomes are read with the rights of whoever calls: their expressions are others' code. Who may not read them is told
-- nothing of quality.
create or replace function dbml._quality_causes() returns table (model text, cause text, says text)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  asked text;
begin
  for asked in select m from dbml._judged_models() m loop
    begin
      return query
        select asked, 'quality'::text, case q.state when 'alert' then q.says end
          from dbml.quality_drift(asked) q
         where q.state in ('alert', 'insufficient_data');
    exception
      when insufficient_privilege then
        return query select asked, 'quality'::text, null::text;
      when others then
        -- What an expression says of it may show a value, and alerts are for everybody: dbml drift --quality says it all.
        return query select asked, 'quality'::text, format('whether %s has become worse cannot be told: reading its outcomes fails with %s', asked, sqlstate);
    end;
  end loop;
end
$$;
comment on function dbml._quality_causes() is 'Models that predict worse than in their first time; without words, those of which it cannot be told.';

create or replace function dbml.check_alerts("window" interval default '1 day') returns bigint
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml._note_alerts("window", (select coalesce(jsonb_agg(to_jsonb(q)), '[]') from dbml._quality_causes() q))
$$;
comment on function dbml.check_alerts(interval) is
  'Opens an alert for each cause that is there now, closes those whose cause has gone; returns how many were opened.';

create or replace function dbml._note_alerts("window" interval, more jsonb) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  began timestamptz := clock_timestamp();
  wrong record;
  opened bigint := 0;
begin
  perform dbml._hold('the alerts');
  for wrong in
    select c.model, c.cause, c.says from dbml._causes("window") c
     union all
    select q.model, q.cause, q.says from jsonb_to_recordset(more) q(model text, cause text, says text)
  loop
    update dbml.alert a set seen_at = clock_timestamp(), says = coalesce(wrong.says, a.says)
     where a.closed_at is null and a.model is not distinct from wrong.model and a.cause = wrong.cause;
    continue when found or wrong.says is null;
    opened := opened + 1;
    update dbml.alert a
       set closed_at = null, seen_at = clock_timestamp(), says = wrong.says, reopened = a.reopened + 1,
           acknowledged_at = null, acknowledged_by = null,
           told_open = case when a.reopened = 0 then '{}' else a.told_open end,
           told_closed = case when a.reopened = 0 then '{}' else a.told_closed end
     where a.id = (select max(x.id) from dbml.alert x
                    where x.model is not distinct from wrong.model and x.cause = wrong.cause and x.closed_at > began - interval '1 day');
    continue when found;
    insert into dbml.alert (model, cause, says, seen_at) values (wrong.model, wrong.cause, wrong.says, clock_timestamp());
  end loop;
  update dbml.alert a set closed_at = clock_timestamp() where a.closed_at is null and a.seen_at < began;
  return opened;
end
$$;
comment on function dbml._note_alerts(interval, jsonb) is
  'Opens an alert for each cause that is there now, with more that its caller has found, closes those whose cause has gone; returns how many were opened.';

create or replace function dbml.acknowledge(alert bigint) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  update dbml.alert a set acknowledged_at = now(), acknowledged_by = session_user
   where a.id = acknowledge.alert and a.closed_at is null;
  if not found then
    raise exception 'there is no open alert %', alert using errcode = 'DB008', hint = 'dbml alerts lists them.';
  end if;
end
$$;
comment on function dbml.acknowledge(bigint) is 'Says that somebody is at an alert.';

-- The word is "opened" or "closed".
create or replace function dbml._untold(place text) returns table (
  id bigint, event text, model text, cause text, says text, opened_at timestamptz, closed_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select a.id, case when a.closed_at is null then 'opened' else 'closed' end, a.model, a.cause, a.says, a.opened_at, a.closed_at
    from dbml.alert a
   where a.closed_at is null and place <> all (a.told_open)
      -- Of what was never told nobody wants to hear that it is over.
      or a.closed_at is not null and place = any (a.told_open) and place <> all (a.told_closed)
   order by a.id
$$;
comment on function dbml._untold(text) is 'Alerts that a place has not been told of, or not that they are over.';

create or replace function dbml._told(alert bigint, place text, event text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  update dbml.alert a
     set told_open = case _told.event when 'opened' then a.told_open || place else a.told_open end,
         told_closed = case _told.event when 'closed' then a.told_closed || place else a.told_closed end
   where a.id = _told.alert
$$;
comment on function dbml._told(bigint, text, text) is 'Notes that a place was told of an alert.';
