-- Green scores every row aside while blue serves. A row that changes has another transaction and another place from then
-- on: so its score aside is known to be old, whatever has changed it, and no trigger has to tell.
create or replace function dbml._row_identity(row_name text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('%1$s.xmin::text || %1$s.ctid::text', row_name)
$$;
comment on function dbml._row_identity(text) is 'SQL for what tells one version of a profile row from all others.';

create or replace function dbml._greens(model text) returns table (profile integer, name text, model text, rows bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select p.id, p.relation::text, a.model,
         (select greatest(sum(c.reltuples), 0)::bigint from pg_class c
           where c.oid = p.relation or c.oid in (select t.relid from pg_partition_tree(p.relation) t))
    from dbml.arm a
    join dbml.rollout o on o.model = a.model and o.strategy = 'blue-green'
    join dbml.prediction r on r.model = a.model
    join dbml.profile p on p.id = r.profile
   where a.model = _greens.model or _greens.model is null
   order by a.model, p.id
$$;
comment on function dbml._greens(text) is 'The profiles that a green version scores aside, each with about how many rows it has.';

create or replace function dbml._score_aside(profile integer, model text, after text[], rows integer, out scored bigint, out reached text[])
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile := (select p from dbml.profile p where p.id = _score_aside.profile);
  prediction dbml.prediction := (select r from dbml.prediction r where r.profile = _score_aside.profile and r.model = _score_aside.model);
  green integer := (select a.version from dbml.arm a where a.model = _score_aside.model and a.arm = 'green');
  keys text := (select string_agg('c.' || dbml._quoted(k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i));
  inputs record;
  places text[];
  identities text[];
  held float8[];
begin
  scored := 0;
  if green is null then
    return;
  end if;
  execute format($query$
    select array_agg(q.entity::text order by q.place) filter (where q.old), array_agg(q.identity order by q.place) filter (where q.old),
           array_agg(q.held order by q.place) filter (where q.old),
           case when count(*) = $2 then (array_agg(q.entity::text order by q.place desc))[1]::text[] end
      from (select c.*, a.entity is null as old
              from (select %1$s as entity, %2$s as identity, c.%3$s as held, row_number() over (order by %4$s) as place
                      from %5$s c
                     where %6$s
                     order by %4$s
                     limit $2) c
              left join dbml.aside a on a.profile = $3 and a.model = $4 and a.version = $5 and a.entity = c.entity and a.row = c.identity) q$query$,
    dbml._entity(attached, 'c'), dbml._row_identity('c'), dbml._quoted(prediction.column_name), keys, attached.relation,
    case when after is null then 'true' else format('(%s) > (%s)', keys,
      (select string_agg(format('$1[%s]::%s', i, format_type(a.atttypid, a.atttypmod)), ', ' order by i)
         from unnest(attached.key) with ordinality u(k, i)
         join pg_attribute a on a.attrelid = attached.relation and a.attname = k)) end)
    into places, identities, held, reached using after, rows, profile, model, green;
  if places is null then
    return;
  end if;
  inputs := dbml._feature_inputs(prediction, dbml._scorer(model, green), 'c');
  -- The row is read after its identity: if it changes in between, the score counts as old.
  insert into dbml.aside as s (profile, model, version, entity, row, score, failure, scored_version, scored_at, held)
  select _score_aside.profile, _score_aside.model, green, u.place::text[], u.identity, a.score, a.failure, green, now(), u.held
    from unnest(places, identities, held) u(place, identity, held)
    join dbml._answers(model, green,
           format('join %s c on %s', attached.relation, dbml._same_entity(attached, 'c', 'u.place::text[]')),
           inputs.numbers, inputs.texts, places) a on a.place = u.place
  on conflict on constraint aside_pkey do update
     set row = excluded.row, score = excluded.score, failure = excluded.failure, scored_at = excluded.scored_at, held = excluded.held;
  get diagnostics scored = row_count;
end
$$;
comment on function dbml._score_aside(integer, text, text[], integer) is
  'Scores aside those of the next rows behind a key that green has not scored as they are; returns how many, and the key that it reached, NULL at the end.';

create or replace function dbml._start_aside(model text) returns table (walk bigint, profile integer, name text, rows bigint)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select w, g.profile, g.name, g.rows
    from dbml._greens(model) g
    join dbml.profile p on p.id = g.profile
   cross join lateral dbml._start_walk(p, g.model, 'aside', null) w
$$;
comment on function dbml._start_aside(text) is
  'Begins to score rows aside by green versions, of one model or of all; returns the ranges, with the profile''s name and about how many rows it has.';

create or replace function dbml.score_aside(model text default null) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  green record;
  batch record;
  reached text[];
  total bigint := 0;
begin
  for green in select * from dbml._greens(score_aside.model) loop
    reached := null;
    loop
      batch := dbml._score_aside(green.profile, green.model, reached, 4096);
      total := total + batch.scored;
      reached := batch.reached;
      exit when reached is null;
    end loop;
  end loop;
  return total;
end
$$;
comment on function dbml.score_aside(text) is
  'Lets green versions score aside what they have not scored as it is now, of one model or of all; at any time and any number of times.';

create or replace function dbml._aside_missing(attached dbml.profile, model text, version integer, out rows bigint, out missing bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute format(
    'select count(*), count(*) filter (where a.entity is null)
       from %s c
       left join dbml.aside a on a.profile = $1 and a.model = $2 and a.version = $3 and a.entity = %s and a.row = %s',
    attached.relation, dbml._entity(attached, 'c'), dbml._row_identity('c'))
    into rows, missing using attached.id, model, version;
end
$$;
comment on function dbml._aside_missing(dbml.profile, text, integer) is
  'How many rows a profile has, and how many of them a version has not scored aside as they are now.';

create or replace function dbml.comparison(model text) returns table (
  profile text, blue integer, green integer, rows bigint, scored bigint, refused bigint, moved bigint, mean_move float8, largest_move float8,
  blue_mean float8, green_mean float8, blue_deciles float8[], green_deciles float8[], golden_rows bigint, golden_moved bigint, golden_largest_move float8
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
#variable_conflict use_column
declare
  attached dbml.profile;
  counted record;
begin
  select s.version into blue from dbml.serving s where s.model = comparison.model and s.arm = 'control';
  select a.version into green from dbml.arm a where a.model = comparison.model and a.arm = 'green';
  if green is null then
    return;
  end if;
  select count(*), count(*) filter (where abs(g.one_score - g.other_score) > 1e-9), max(abs(g.one_score - g.other_score))
    into golden_rows, golden_moved, golden_largest_move
    from dbml.compare(comparison.model, blue, green) g;
  for attached in select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = comparison.model order by p.id loop
    profile := attached.relation::text;
    counted := dbml._aside_missing(attached, comparison.model, green);
    rows := counted.rows;
    scored := counted.rows - counted.missing;
    select count(*) filter (where s.score is null), count(*) filter (where abs(s.score - s.held) > 1e-9),
           avg(s.score - s.held), max(abs(s.score - s.held)), avg(s.held), avg(s.score),
           percentile_cont(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) within group (order by s.held),
           percentile_cont(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) within group (order by s.score)
      into refused, moved, mean_move, largest_move, blue_mean, green_mean, blue_deciles, green_deciles
      from dbml.aside s
     where s.profile = attached.id and s.model = comparison.model and s.version = green;
    return next;
  end loop;
end
$$;
comment on function dbml.comparison(text) is
  'What green would change, of what it has scored aside: rows that move, their distribution by both versions, and golden rows; nothing where no blue-green runs.';

-- It waits for no row longer than others wait before they look for a deadlock: so whoever meets it, it is this that gives up.
create or replace function dbml._lock_rows(attached dbml.profile) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
set lock_timeout = '500ms'
as $$
begin
  execute format('select count(*) from (select from %s c order by %s for no key update) c', attached.relation,
    (select string_agg('c.' || dbml._quoted(k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i)));
exception when lock_not_available then
  raise exception 'another transaction holds rows of % for more than half a second', attached.relation
    using errcode = 'DB011', hint = 'Nothing was changed. Try again when it has ended.';
end
$$;
comment on function dbml._lock_rows(dbml.profile) is 'Locks every row of a profile in order of its key, or refuses.';

create or replace function dbml._swap(model text, version integer, other integer, note text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  swapped dbml.profile[] := array(
    select p from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = _swap.model order by p.id);
  attached dbml.profile;
  prediction dbml.prediction;
begin
  foreach attached in array swapped loop
    perform dbml._lock_rows(attached);
  end loop;
  foreach attached in array swapped loop
    select r.* into prediction from dbml.prediction r where r.profile = attached.id and r.model = _swap.model;
    perform dbml._hold('the profile ' || attached.id);
    -- For as long as this transaction runs, and only for itself: the scores that are there need not be computed again.
    perform dbml._bind_row(attached, false, model);
    perform dbml._swap_rows(attached, prediction, version, other, true);
  end loop;
  perform dbml._serve(model, version, note);
  foreach attached in array swapped loop
    select r.* into prediction from dbml.prediction r where r.profile = attached.id and r.model = _swap.model;
    perform dbml._swap_rows(attached, prediction, version, other, false);
  end loop;
  delete from dbml.aside s where s.model = _swap.model and s.version <> other;
end
$$;
comment on function dbml._swap(text, integer, integer, text) is
  'Makes a version serve and puts its scores into the profiles: those that were made aside, and new ones where the row has changed; what stood there is kept aside for the other version.';

create or replace function dbml._swap_rows(attached dbml.profile, prediction dbml.prediction, version integer, other integer, made boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute format($query$
    with old as materialized (
      select %1$s, %2$s as dbml_entity, %3$s as dbml_row, c.%4$s as dbml_held, %5$s as dbml_version, %6$s as dbml_at
        from %7$s c
       where not exists (select from dbml.aside k where k.profile = %8$s and k.model = %9$L and k.version = %10$s
                            and k.entity = %2$s and k.row = %3$s)
    ), moved as (
      update %7$s p
         set %11$s
        from old o %12$s
       where %13$s
      returning o.dbml_entity, o.dbml_held, o.dbml_version, o.dbml_at, %14$s as dbml_row, p.%4$s as dbml_score
    ), cleared as (
      -- Green answers what blue could not.
      delete from dbml.failure f using moved m
       where %15$L and f.profile = %8$s and f.model = %9$L and f.entity = m.dbml_entity
    )
    %16$s
    insert into dbml.aside as s (profile, model, version, entity, row, score, scored_version, scored_at, held)
    select %8$s, %9$L, %10$s, m.dbml_entity, m.dbml_row, m.dbml_held, m.dbml_version, m.dbml_at, m.dbml_score
      from moved m
     where m.dbml_held is not null
        on conflict on constraint aside_pkey do update
       set row = excluded.row, score = excluded.score, scored_version = excluded.scored_version, scored_at = excluded.scored_at, held = excluded.held$query$,
    (select string_agg('c.' || dbml._quoted(k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i)),
    dbml._entity(attached, 'c'), dbml._row_identity('c'), dbml._quoted(prediction.column_name),
    coalesce('c.' || dbml._quoted(prediction.version_column), 'null::integer'),
    coalesce('c.' || dbml._quoted(prediction.scored_at_column), 'null::timestamptz'),
    attached.relation, attached.id, prediction.model, other,
    -- Changing the score is what makes the row's trigger compute it anew.
    case when made then concat_ws(', ', format('%s = a.score', dbml._quoted(prediction.column_name)),
           dbml._quoted(prediction.version_column) || ' = a.scored_version', dbml._quoted(prediction.scored_at_column) || ' = a.scored_at')
         else format('%1$s = case when p.%1$s is null then ''NaN''::float8 end', dbml._quoted(prediction.column_name)) end,
    case when made then format('join dbml.aside a on a.profile = %s and a.model = %L and a.version = %s and a.entity = o.dbml_entity'
           ' and a.row = o.dbml_row and a.score is not null%s', attached.id, prediction.model, version,
             coalesce(' and not ' || dbml._held_out(attached, prediction, dbml._keys(attached, 'o')), '')) else '' end,
    (select string_agg(format('p.%1$s = o.%1$s', dbml._quoted(k)), ' and ') from unnest(attached.key) k),
    dbml._row_identity('p'), made,
    case when made and prediction.log is not null then dbml._swap_logged(attached, prediction, version) else '' end);
  if not made and (dbml._scorer(prediction.model, version)).engine = 'python' then
    -- Its rows were written once more when the statement ended.
    execute format('update dbml.aside k set row = %s from %s c where k.profile = $1 and k.model = $2 and k.version = $3 and k.entity = %s and k.row <> %1$s',
      dbml._row_identity('c'), attached.relation, dbml._entity(attached, 'c'))
      using attached.id, prediction.model, other;
  end if;
end
$$;
comment on function dbml._swap_rows(dbml.profile, dbml.prediction, integer, integer, boolean) is
  'Part of _swap: rows whose score was made aside, or the others, which the row''s trigger scores.';

create or replace function dbml._swap_logged(attached dbml.profile, prediction dbml.prediction, version integer) returns text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select format(', logged as (
      insert into dbml.%I (at, score, profile, version, model, arm, entity)
      select clock_timestamp(), m.dbml_score, %L::regclass, %s, %L, ''control'', m.dbml_entity from moved m where %s)',
    dbml._open_segment(), attached.relation, version, prediction.model,
    case when prediction.log in ('all', 'scores') then 'true'
         else format('(hash_array_extended(m.dbml_entity, 0) & 9223372036854775807) %% 10000 < %s', round(prediction.log::numeric * 10000)) end)
$$;
comment on function dbml._swap_logged(dbml.profile, dbml.prediction, integer) is 'Part of _swap_rows: the predictions that stand in the profile from now on go into the log.';

create or replace function dbml._promote_green(model text, note text) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  blue integer := (select s.version from dbml.serving s where s.model = _promote_green.model and s.arm = 'control');
  green integer := (select a.version from dbml.arm a where a.model = _promote_green.model and a.arm = 'green');
  attached dbml.profile;
  counted record;
begin
  for attached in select p.* from dbml.profile p join dbml.prediction r on r.profile = p.id where r.model = _promote_green.model order by p.id loop
    counted := dbml._aside_missing(attached, model, green);
    -- They would be scored while every row is locked.
    if counted.missing > greatest(1000, counted.rows / 20) then
      raise exception '%@% has scored % of % rows of %', model, green, counted.rows - counted.missing, counted.rows, attached.relation
        using errcode = 'DB030', hint = 'A worker scores the others; at once: dbml worker --once --duty blue-green';
    end if;
  end loop;
  perform dbml._note_act(model, 'promote', note);
  delete from dbml.rollout o where o.model = _promote_green.model;
  perform dbml._swap(model, green, blue, coalesce(note, 'promoted from blue-green'));
  return green;
end
$$;
comment on function dbml._promote_green(text, text) is 'Makes green serve and puts its scores into the profiles, once it has scored them.';
