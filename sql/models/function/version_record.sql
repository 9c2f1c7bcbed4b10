create or replace function dbml._scorer(model text, version integer, engine text default null) returns dbml.scorer
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  -- The engine python loads a version by its name too: that is what is signed.
  select row(v.model, v.version, e.engine,
             case e.engine when 'python' then v.model || '@' || v.version || ' ' else '' end || v.fingerprint, v.interface, v.expression,
             e.engine = 'python' or e.engine = 'portable' and (c.cost -> 'portable' ->> 'in_batches')::boolean)::dbml.scorer
    from dbml.model_version v
    join dbml.version_engine c on c.model = v.model and c.version = v.version
   cross join lateral (select coalesce(_scorer.engine, c.engine) as engine) e
   where v.model = _scorer.model and v.version = _scorer.version
$$;
comment on function dbml._scorer(text, integer, text) is
  'What scoring with a version needs; by another engine than the one that was chosen, where that is named.';

create or replace function dbml._deployed(model text) returns dbml.scorer
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._scorer(s.model, s.version) from dbml.serving s where s.model = _deployed.model and s.arm = 'control'
$$;
comment on function dbml._deployed(text) is 'The version of a model that serves now; NULL before its first deployment.';
