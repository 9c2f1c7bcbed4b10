create or replace function dbml._scorer(model text, version integer, engine text default null) returns dbml.scorer
language plpgsql -- which keeps its plans for the session
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- The engine python loads a version by its name too: that is what is signed.
  return (
    select row(v.model, v.version, e.engine,
               case e.engine when 'python' then v.model || '@' || v.version || ' ' else '' end || v.fingerprint, v.interface, v.expression,
               e.engine = 'python' or e.engine = 'portable' and (c.cost -> 'portable' ->> 'in_batches')::boolean)::dbml.scorer
      from dbml.model_version v
      join dbml.version_engine c on c.model = v.model and c.version = v.version
     cross join lateral (select coalesce(_scorer.engine, c.engine) as engine) e
     where v.model = _scorer.model and v.version = _scorer.version);
end
$$;
comment on function dbml._scorer(text, integer, text) is
  'What scoring with a version needs; by another engine than the one that was chosen, where that is named.';

create or replace function dbml._deployed(model text) returns dbml.scorer
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- The control of dbml.serving, without the shares and steps that are told there of every model.
  return (
    select case when d.version is not null then dbml._scorer(d.model, d.version) end
      from (select l.model, l.version
              from dbml.deployment l
             where l.model = _deployed.model
             order by l.id desc
             limit 1) d);
end
$$;
comment on function dbml._deployed(text) is 'The version of a model that serves now; NULL before its first deployment.';
