-- A shadow answers what others serve, and only the log hears it. A deferred one reads the log and answers in bulk: what it
-- costs, no statement of an application pays.
create or replace function dbml._refuse_shadow(model text, versions integer[], planned boolean, in_statement boolean) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  unlogged regclass;
  estimator integer;
begin
  if planned then
    raise exception 'a shadow of % harms nobody, so it has no steps, hold, guard or rate', model
      using errcode = 'DB030', hint = 'Give --share alone: the percentage of the entities that it answers for.';
  end if;
  if not exists (select from dbml.prediction r where r.model = _refuse_shadow.model) then
    raise exception 'no profile has a prediction of %, so a shadow has nothing to answer', model
      using errcode = 'DB030', hint = 'Attach one first: dbml attach SPEC.toml';
  end if;
  select p.relation into unlogged
    from dbml.profile p
    join dbml.prediction r on r.profile = p.id
   where r.model = _refuse_shadow.model and r.log is null
   order by p.id limit 1;
  if unlogged is not null then
    raise exception 'predictions of % for % are not logged, and a shadow answers into the log', model, unlogged
      using errcode = 'DB030',
            hint = format('Write log = "all" under its [[prediction]], then dbml detach %s, and dbml attach SPEC.toml', unlogged);
  end if;
  select e.version into estimator
    from dbml.version_engine e
   where e.model = _refuse_shadow.model and e.version = any (versions) and e.engine = 'python' and in_statement
   limit 1;
  if estimator is not null then
    raise exception '%@% runs on the engine python, which is too slow to be asked inside a statement for nothing', model, estimator
      using errcode = 'DB030', hint = 'Leave --in-statement out: then a worker asks it, in bulk.';
  end if;
end
$$;
comment on function dbml._refuse_shadow(text, integer[], boolean, boolean) is 'Refuses a shadow that has no log, or makes no sense.';

create or replace function dbml._shadow_condition(attached dbml.profile, prediction dbml.prediction, shadow dbml.arm, row_name text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select case when shadow.shadow_share = 100 and o.predicate is null then 'true'
              else format('(%s) >= %s', dbml._row_bucket(attached, prediction, row_name), 10000 - (shadow.shadow_share * 100)::integer) end
    from dbml.rollout o
   where o.model = prediction.model
$$;
comment on function dbml._shadow_condition(dbml.profile, dbml.prediction, dbml.arm, text) is
  'SQL that says whether a shadow answers for a profile row: its share is the entities that a candidate with that share has.';

-- What its model saw, as it was logged. Where that is not logged, or the shadow needs more, it is the profile's row as it is now.
create or replace function dbml._shadow_source(
  attached dbml.profile, prediction dbml.prediction, shadow dbml.arm, segment text,
  out numbers text[], out texts text[], out source text, out missing text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer(shadow.model, shadow.version);
  places jsonb := (
    select jsonb_object_agg(p.name, format(case p.kind when 'text' then 'l.texts[%s]' else 'l.numbers[%s]' end, p.place))
      from (select f.value ->> 'name' as name, f.value ->> 'kind' as kind,
                   row_number() over (partition by f.value ->> 'kind' = 'text' order by f.ordinality) as place
              from jsonb_array_elements((dbml._deployed(shadow.model)).interface -> 'features') with ordinality f) p);
  lacking boolean := exists (select from jsonb_array_elements(scorer.interface -> 'features') f
                              where places ->> (f ->> 'name') is null
                                 or (f ->> 'kind' = 'text') <> (places ->> (f ->> 'name') like 'l.texts%'));
begin
  source := format('join dbml.%I l on l.ctid = u.place::tid', segment);
  if prediction.log = 'scores' or lacking then
    select i.numbers, i.texts into numbers, texts from dbml._feature_inputs(prediction, scorer, 'c') i;
    source := format('%s join %s c on %s', source, attached.relation, dbml._same_entity(attached, 'c', 'l.entity'));
    missing := 'DB013: the row is gone';
  else
    numbers := array(select places ->> (f.value ->> 'name') from jsonb_array_elements(scorer.interface -> 'features') with ordinality f
                      where f.value ->> 'kind' <> 'text' order by f.ordinality);
    texts := array(select places ->> (f.value ->> 'name') from jsonb_array_elements(scorer.interface -> 'features') with ordinality f
                    where f.value ->> 'kind' = 'text' order by f.ordinality);
    source := source || ' and l.numbers is not null';
    missing := 'DB013: the log does not have what the model saw';
  end if;
end
$$;
comment on function dbml._shadow_source(dbml.profile, dbml.prediction, dbml.arm, text) is
  'How a deferred shadow reads its features for rows of one segment of the log, whose places are u.place; and what to say of those that it finds none for.';

create or replace function dbml._same_entity(attached dbml.profile, row_name text, entity text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select string_agg(format('%s.%s = (%s)[%s]::%s', row_name, dbml._quoted(k), entity, i, format_type(a.atttypid, a.atttypmod)), ' and ' order by i)
    from unnest(attached.key) with ordinality u(k, i)
    join pg_attribute a on a.attrelid = attached.relation and a.attname = k
$$;
comment on function dbml._same_entity(dbml.profile, text, text) is 'A condition: a profile row is the one whose key an array of texts has.';

-- That it has not answered a row yet is asked of the log itself, because a restored database numbers its transactions anew.
create or replace function dbml._answer_shadow(shadow dbml.arm, rows integer, out answered bigint, out more boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  wanted constant text := format('l.model = %L and l.version = %s and l.at >= %L::timestamptz',
    shadow.model, (dbml._deployed(shadow.model)).version, shadow.since);
  piece record := dbml._log_walk(wanted, shadow.answered_before, rows);
  segment text;
  attached dbml.profile;
  many bigint;
begin
  answered := 0;
  more := piece.more;
  foreach segment in array coalesce(piece.segments, '{}') loop
    for attached in select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = shadow.model order by p.id loop
      execute dbml._shadow_due(attached, shadow, segment, concat_ws(' and ', wanted, piece.within)) into many;
      answered := answered + many;
    end loop;
  end loop;
  update dbml.arm a set answered_before = piece.before where a.model = shadow.model and a.arm = shadow.arm;
end
$$;
comment on function dbml._answer_shadow(dbml.arm, integer) is
  'Answers what has been logged since a deferred shadow answered last, about so many rows at once; returns how many, and whether there is more.';

create or replace function dbml._shadow_due(attached dbml.profile, shadow dbml.arm, segment text, wanted text) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction := (select r from dbml.prediction r where r.profile = attached.id and r.model = shadow.model);
  reading record := dbml._shadow_source(attached, prediction, shadow, segment);
  condition text := dbml._shadow_condition(attached, prediction, shadow, 'c');
  entities text := '';
begin
  if condition <> 'true' then
    entities := case
      -- What the key does not tell stands in the row.
      when dbml._bucket_column(attached) is not null or exists (select from dbml.rollout o where o.model = shadow.model and o.predicate is not null)
        then format('join %s c on %s', attached.relation, dbml._same_entity(attached, 'c', 'l.entity'))
      else format('cross join lateral (select %s) c',
             (select string_agg(format('l.entity[%s]::%s as %s', i, format_type(a.atttypid, a.atttypmod), dbml._quoted(k)), ', ' order by i)
                from unnest(attached.key) with ordinality u(k, i)
                join pg_attribute a on a.attrelid = attached.relation and a.attname = k)) end;
  end if;
  return format($query$
    with live as materialized (
      select l.ctid, l.entity, l.at
        from dbml.%1$I l %2$s
       where l.profile = %5$L::regclass and %6$s and %3$s
    ), due as materialized (
      select array_agg(l.ctid::text) as places
        from live l
       where not exists (
               select from dbml.log s
                where s.model = %4$L and s.profile = %5$L::regclass and s.version = %7$s and s.arm = %8$L
                  and s.entity = l.entity and s.at = l.at
                  and s.at between (select min(v.at) from live v) and (select max(v.at) from live v))
    ), answered as (
      insert into dbml.%9$I (at, score, profile, version, model, arm, entity, failure, trace)
      select l.at, a.score, l.profile, %7$s, l.model, %8$L, l.entity,
             case when a.score is null then coalesce(a.failure, %10$L) end, l.trace
        from due d
       cross join lateral unnest(d.places) p(place)
        join dbml.%1$I l on l.ctid = p.place::tid
        left join (select a.* from due d cross join lateral dbml._answers(%4$L, %7$s, %11$L, %12$L, %13$L, d.places) a) a
          on a.place = p.place
      returning 1
    )
    select count(*) from answered$query$,
    segment, entities, condition, shadow.model, attached.relation, wanted, shadow.version, shadow.arm,
    dbml._open_segment(), reading.missing, reading.source, reading.numbers, reading.texts);
end
$$;
comment on function dbml._shadow_due(dbml.profile, dbml.arm, text, text) is
  'A statement by which a deferred shadow answers what it wants of one segment of the log, and which counts the answers.';

create or replace function dbml._answer_shadows(rows integer, out answered bigint, out more boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  running text;
  shadow dbml.arm;
  done record;
begin
  answered := 0;
  more := false;
  for running in select distinct a.model from dbml.arm a where a.answered_before is not null order by 1 loop
    -- Nobody answers twice, and nobody is forgotten meanwhile.
    perform dbml._hold('the shadows of ' || running);
    for shadow in select a.* from dbml.arm a where a.model = running and a.answered_before is not null order by a.arm for update loop
      done := dbml._answer_shadow(shadow, rows);
      answered := answered + done.answered;
      more := more or done.more;
    end loop;
  end loop;
end
$$;
comment on function dbml._answer_shadows(integer) is
  'Lets each deferred shadow answer about so many logged predictions; returns how many they answered, and whether there are more.';

create or replace function dbml.answer_shadows() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  total bigint := 0;
  done record;
begin
  loop
    done := dbml._answer_shadows(20000);
    total := total + done.answered;
    exit when not done.more;
  end loop;
  return total;
end
$$;
comment on function dbml.answer_shadows() is
  'Lets deferred shadows answer what has been logged since they answered last, at any time and any number of times; returns how many predictions they made.';
