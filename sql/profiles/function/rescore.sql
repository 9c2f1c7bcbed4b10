create or replace function dbml._rescore_rows(
  profile integer, model text, after text[], until text[], rows integer, what text, out scored bigint, out reached text[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute format('select * from dbml_scorer.%I($1, $2, $3, $4, $5, $6, $7)', format('profile_%s_rescore', profile))
     into scored, reached
    -- A version in a row does not tell that its score is right where a feature is an expression, which may change
    -- with the time alone, nor where rows could change unscored because for a time nothing served.
    using model, (dbml._deployed(model)).version, after, until, rows,
          what = 'every' or exists (select from dbml.prediction r
                                     where r.profile = _rescore_rows.profile and r.model = _rescore_rows.model and r.features <> '{}')
                         or dbml._served_before_a_pause(model),
          what = 'stale';
end
$$;
comment on function dbml._rescore_rows(integer, text, text[], text[], integer, text) is
  'Scores the next rows of one profile behind a key anew; returns how many got a score, and the key they reached, NULL at the end.';

create or replace function dbml._rescore_profile(profile integer, model text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  total bigint := 0;
  batch record;
  after text[];
  until text[] := (select e.entity from dbml._edges((select p from dbml.profile p where p.id = _rescore_profile.profile), null) e);
begin
  if (dbml._deployed(model)).model is null then
    return 0;
  end if;
  loop
    batch := dbml._rescore_rows(profile, model, after, until, 4096, 'every');
    total := total + batch.scored;
    after := batch.reached;
    exit when after is null;
  end loop;
  return total;
end
$$;
comment on function dbml._rescore_profile(integer, text) is
  'Scores every row of one profile anew, in batches; none while no version of the model is deployed.';

-- A row that comes behind the last of them meanwhile is scored by its own trigger.
create or replace function dbml._edges(attached dbml.profile, apart bigint) returns table (entity text[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  keys text := (select string_agg('c.' || dbml._quoted(k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i));
  downwards text := (select string_agg('c.' || dbml._quoted(k) || ' desc', ', ' order by i) from unnest(attached.key) with ordinality u(k, i));
begin
  if apart is not null then
    return query execute format(
      'select x.entity from (select %s as entity, row_number() over (order by %s) as place from %s c) x where x.place %% $1 = 0 order by x.place',
      dbml._entity(attached, 'c'), keys, attached.relation) using apart;
  end if;
  return query execute format('select %s from %s c order by %s limit 1', dbml._entity(attached, 'c'), attached.relation, downwards);
end
$$;
comment on function dbml._edges(dbml.profile, bigint) is
  'The last keys of ranges of so many rows of a profile, in order, and the last key of all.';

create or replace function dbml._start_walk(attached dbml.profile, model text, what text, apart bigint) returns setof bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  edge text[];
  before text[];
  started bigint;
begin
  -- Nobody goes on with these.
  delete from dbml.walk w where w.moved_at < now() - interval '1 day';
  if what = 'stale' then
    -- These are taken in order of dbml.failure.
    return query insert into dbml.walk as w (profile, model, what) values (attached.id, model, what) returning w.id;
    return;
  end if;
  for edge in select e.entity from dbml._edges(attached, apart) e loop
    insert into dbml.walk as w (profile, model, what, reached, until) values (attached.id, model, what, before, edge) returning w.id into started;
    return next started;
    before := edge;
  end loop;
end
$$;
comment on function dbml._start_walk(dbml.profile, text, text, bigint) is
  'Begins to score the rows of a profile in batches, by ranges of so many rows or in one; returns the numbers of the ranges.';

create or replace function dbml._walk_on(walk bigint, rows integer, out scored bigint, out ended boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  begun dbml.walk;
  batch record;
begin
  select w.* into begun from dbml.walk w where w.id = _walk_on.walk for update;
  if begun.id is null then
    scored := 0;
    ended := true;
    return;
  end if;
  if begun.what = 'aside' then
    batch := dbml._score_aside(begun.profile, begun.model, begun.reached, rows);
  else
    batch := dbml._rescore_rows(begun.profile, begun.model, begun.reached, begun.until, rows, begun.what);
  end if;
  scored := batch.scored;
  ended := batch.reached is null;
  if ended then
    delete from dbml.walk w where w.id = begun.id;
  else
    update dbml.walk w set reached = batch.reached, moved_at = clock_timestamp() where w.id = begun.id;
  end if;
end
$$;
comment on function dbml._walk_on(bigint, integer) is
  'Scores the next rows of a range that was begun; returns how many got a score, and whether it has come to its end.';

create or replace function dbml._start_rescore(model text, stale boolean, every boolean, apart bigint)
returns table (walk bigint, profile integer, name text, rows bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile;
begin
  for attached in select * from dbml._made_ready(model) loop
    profile := attached.id;
    name := attached.relation::text;
    if stale then
      select count(*) into rows
        from dbml.failure f
       where f.profile = attached.id and f.model = _start_rescore.model;
    else
      select greatest(sum(c.reltuples), 0)::bigint into rows
        from pg_class c
       where c.oid = attached.relation
          or c.oid in (select t.relid from pg_partition_tree(attached.relation) t);
    end if;
    for walk in
      select w from dbml._start_walk(attached, model, case when stale then 'stale' when every then 'every' else 'waiting' end, apart) w
    loop
      return next;
    end loop;
  end loop;
end
$$;
comment on function dbml._start_rescore(text, boolean, boolean, bigint) is
  'Begins to score the profiles of a model anew, by ranges of so many rows or each in one; returns the ranges, with the '
  'profile''s name and about how many rows it has.';

create or replace function dbml._made_ready(model text) returns setof dbml.profile
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile;
begin
  perform dbml._hold('the deployment of ' || model);
  if (dbml._deployed(model)).model is null then
    perform dbml._not_deployed(model);
  end if;
  for attached in
    select p.*
      from dbml.profile p
      join dbml.prediction r on r.profile = p.id
     where r.model = _made_ready.model
     order by p.id
  loop
    -- Open sessions may hold plans for types that columns no longer have: new functions make them plan anew.
    perform dbml._bind(attached.id, true);
    return next attached;
  end loop;
end
$$;
comment on function dbml._made_ready(text) is 'Makes the profiles of a model ready to be scored anew, and returns them.';

create or replace function dbml.rescore(model text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached integer;
  scored bigint := 0;
begin
  for attached in select p.id from dbml._made_ready(model) p loop
    if exists (select from dbml._due_profiles() d where d.profile = attached) then
      perform dbml._expire_windows(attached);
    end if;
    scored := scored + dbml._rescore_profile(attached, model);
  end loop;
  return scored;
end
$$;
comment on function dbml.rescore(text) is
  'Scores every row of every profile of a model with its deployed version; returns how many got a score.';
