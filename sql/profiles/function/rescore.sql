create or replace function dbml._rescore_batch(
  profile integer, model text, after text[], rows integer, every boolean, stale boolean,
  out scored bigint, out reached text[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute format('select * from dbml_scorer.%I($1, $2, $3, $4, $5, $6)', format('profile_%s_rescore', profile))
     into scored, reached
    -- A version in a row does not tell that its score is right where a feature is an expression, which may change
    -- with the time alone, nor where rows could change unscored because for a time nothing served.
    using model, (dbml._deployed(model)).version, after, rows,
          every or exists (select from dbml.prediction r
                            where r.profile = _rescore_batch.profile and r.model = _rescore_batch.model and r.features <> '{}')
                or dbml._served_before_a_pause(model),
          stale;
end
$$;
comment on function dbml._rescore_batch(integer, text, text[], integer, boolean, boolean) is
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
begin
  if (dbml._deployed(model)).model is null then
    return 0;
  end if;
  loop
    select * into batch from dbml._rescore_batch(profile, model, after, 4096, true, false);
    total := total + batch.scored;
    after := batch.reached;
    exit when after is null;
  end loop;
  return total;
end
$$;
comment on function dbml._rescore_profile(integer, text) is
  'Scores every row of one profile anew, in batches; none while no version of the model is deployed.';

create or replace function dbml._start_rescore(model text, stale boolean)
returns table (profile integer, name text, rows bigint)
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
     where r.model = _start_rescore.model
     order by p.id
  loop
    -- Open sessions may hold plans for types that columns no longer have: new functions make them plan anew.
    perform dbml._bind(attached.id, true);
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
    profile := attached.id;
    name := attached.relation::text;
    return next;
  end loop;
end
$$;
comment on function dbml._start_rescore(text, boolean) is
  'Makes the profiles of a model ready to be scored anew; returns each with about how many rows it has.';

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
  for attached in select s.profile from dbml._start_rescore(model, false) s loop
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
