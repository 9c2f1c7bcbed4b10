-- The clock, not now(): what is asked here may be asked in a transaction that began long ago.
create or replace function dbml._take_duty(duty text, worker text, every interval, lease interval, early boolean) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  insert into dbml.duty (name, due) values (duty, clock_timestamp()) on conflict (name) do nothing;
  -- Who comes second waits here for the first, and then sees that the duty is taken.
  update dbml.duty d
     set worker = _take_duty.worker, lease_until = clock_timestamp() + lease, began = clock_timestamp(),
         progressed = clock_timestamp(), done = 0, total = null, due = clock_timestamp() + every
   where d.name = duty
     and (d.worker is null or d.lease_until < clock_timestamp())
     and (early or d.due <= clock_timestamp() or d.worker is not null);
  return found;
end
$$;
comment on function dbml._take_duty(text, text, interval, interval, boolean) is
  'Takes a duty that is due, or that another worker has abandoned; before it is due as well, where the caller says so.';

create or replace function dbml._keep_duty(duty text, worker text, lease interval, done bigint, total bigint) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  update dbml.duty d
     set lease_until = clock_timestamp() + lease,
         progressed = case when d.done is distinct from _keep_duty.done then clock_timestamp() else d.progressed end,
         done = _keep_duty.done, total = _keep_duty.total
   where d.name = duty and d.worker = _keep_duty.worker;
  return found;
end
$$;
comment on function dbml._keep_duty(text, text, interval, bigint, bigint) is
  'Prolongs a worker''s lease and tells how far he is; false where the duty is no longer his.';

-- How long a duty waits that has failed stands with it and not with a worker, so that another one that takes over knows of it
-- too. The lot keeps workers of many databases from asking one broker at the same moment.
create or replace function dbml._end_duty(duty text, worker text, finished boolean, done bigint, error text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  update dbml.duty d
     set worker = null, lease_until = null, ended = clock_timestamp(), done = _end_duty.done, error = _end_duty.error,
         runs = d.runs + finished::integer,
         failures = t.failures,
         due = case
           when t.failures > 0 then greatest(d.due, clock_timestamp() + (0.5 + random() / 2) * least(60, power(2::float8, least(t.failures, 7) - 1)) * interval '1 second')
           when finished then d.due
           -- What was stopped in the middle is due at once.
           else clock_timestamp() end
    from (select f.name,
                 -- Who has got somewhere before he failed begins to count anew.
                 case when _end_duty.error is null then 0 when _end_duty.done > 0 then 1 else f.failures + 1 end as failures
            from dbml.duty f) t
   where d.name = duty and d.worker = _end_duty.worker and t.name = d.name
$$;
comment on function dbml._end_duty(text, text, boolean, bigint, text) is
  'Gives a duty back: finished, failed with an error, which is tried again ever later, or stopped in the middle.';
