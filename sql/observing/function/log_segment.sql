-- The log is a table that others inherit from, and not a partitioned one. The trigger writes into the open segment by its
-- name, so that nothing that is done to the log, or to an older segment, can make an insert wait.
create or replace function dbml._open_segment() returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  newest bigint := (select s.number from dbml.log_segment s where s.closed_at is null);
begin
  if newest is null then
    perform dbml._hold('the log');
    select s.number into newest from dbml.log_segment s where s.closed_at is null;
    newest := coalesce(newest, dbml._new_segment());
  end if;
  return format('log_%s', newest);
end
$$;
comment on function dbml._open_segment() is 'The name of the table that predictions are logged in now.';

create or replace function dbml._new_segment() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  segment bigint := (select coalesce(max(s.number), 0) + 1 from dbml.log_segment s);
begin
  update dbml.log_segment s set closed_at = now() where s.closed_at is null;
  insert into dbml.log_segment (number) values (segment);
  execute format('create table dbml.%I () inherits (dbml.log)', format('log_%s', segment));
  execute format('comment on table dbml.%I is %L', format('log_%s', segment), 'A segment of dbml.log.');
  return segment;
end
$$;
comment on function dbml._new_segment() is 'Makes the table that predictions are logged in from now on, and returns its number; its caller holds the log''s lock.';

create or replace function dbml.rotate_log(keep interval default null, every interval default '1 day')
returns table (segment text, act text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  old record;
  logging integer;
begin
  if keep < every then
    raise exception 'the log cannot be kept for %, because a segment lasts %', keep, every
      using errcode = 'DB008', hint = 'Keep it longer, or rotate more often: dbml.rotate_log(keep => ''90 days'').';
  end if;
  perform dbml._hold('the log');
  if exists (select from dbml.log_segment s where s.closed_at is null and s.opened_at <= now() - every) then
    segment := format('log_%s', dbml._new_segment());
    act := 'opened';
    return next;
    for logging in select distinct r.profile from dbml.prediction r where r.log is not null order by 1 loop
      perform dbml._bind(logging);
    end loop;
  end if;
  for old in select s.* from dbml.log_segment s where s.closed_at is not null order by s.number loop
    segment := format('log_%s', old.number);
    begin
      if old.closed_at < now() - keep then
        execute format('lock table dbml.%I in access exclusive mode nowait', segment);
        execute format('drop table dbml.%I', segment);
        delete from dbml.explanation e where e.segment = old.number;
        delete from dbml.log_segment s where s.number = old.number;
        act := 'dropped';
        return next;
      elsif not old.indexed then
        execute format('lock table dbml.%I in share mode nowait', segment);
        execute format('create index on dbml.%I (model, at)', segment);
        execute format('create index on dbml.%I (profile, entity)', segment);
        update dbml.log_segment s set indexed = true where s.number = old.number;
        act := 'indexed';
        return next;
      end if;
    exception when lock_not_available then
      -- Somebody still reads it, or a transaction from before it was closed still writes: the next call will do it.
      act := 'in use';
      return next;
    end;
  end loop;
end
$$;
comment on function dbml.rotate_log(interval, interval) is
  'Upkeep of the log, at any time: opens a new segment each day, indexes those that are closed, drops those closed longer ago than KEEP; waits for nobody.';

create or replace function dbml.forget(profile regclass, entity text[]) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile := (select p from dbml.profile p where p.relation = forget.profile);
  erased bigint;
  more bigint;
  written text[];
begin
  if attached.id is null then
    raise exception '% is not attached', profile using errcode = 'DB009', hint = 'dbml status lists what is.';
  end if;
  if cardinality(entity) is distinct from cardinality(attached.key) then
    raise exception 'the key of % is (%), and % values were given', profile, array_to_string(attached.key, ', '), coalesce(cardinality(entity), 0)
      using errcode = 'DB009', hint = 'Give a value for each column of the key, in its order.';
  end if;
  -- As it is kept, and as it was given: a log from before its key was written one way alone has it as its session wrote it.
  begin
    execute format('select %s from jsonb_to_record($1) k(%s)', dbml._entity(attached, 'k'),
                   (select string_agg(format('%I %s', k, format_type(a.atttypid, a.atttypmod)), ', ')
                      from unnest(attached.key) k join pg_attribute a on a.attrelid = profile and a.attname = k and not a.attisdropped))
      into written using (select jsonb_object_agg(k, entity[i]) from unnest(attached.key::text[]) with ordinality u(k, i));
  -- It is no key, or a column of it is called otherwise by now.
  exception when data_exception or syntax_error_or_access_rule_violation then
    written := entity;
  end;
  -- A shadow that answers at this moment would write about it again, and so would who explains.
  perform dbml._hold('the explanations');
  perform dbml._hold('the shadows of ' || r.model) from dbml.prediction r where r.profile = attached.id order by r.model;
  delete from dbml.log l where l.profile = forget.profile and l.entity in (forget.entity, written);
  get diagnostics erased = row_count;
  delete from dbml.explanation e where e.profile = forget.profile and e.entity in (forget.entity, written);
  get diagnostics more = row_count;
  erased := erased + more;
  delete from dbml.failure f where f.profile = attached.id and f.entity in (forget.entity, written);
  get diagnostics more = row_count;
  erased := erased + more;
  delete from dbml.label q where q.profile = attached.id and q.entity in (forget.entity, written);
  get diagnostics more = row_count;
  erased := erased + more;
  delete from dbml.label_aside q where q.profile = attached.id and q.entity in (forget.entity, written);
  get diagnostics more = row_count;
  return erased + more;
end
$$;
comment on function dbml.forget(regclass, text[]) is
  'Erases what dbml has kept of one entity, its logged predictions with their features and explanations, its failures and its labels; returns how many rows.';
