create or replace function dbml._deployed(model text) returns dbml.model_version
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v
    from dbml.deployment d
    join dbml.model_version v using (model, version)
   where d.model = _deployed.model
   order by d.id desc
   limit 1
$$;
comment on function dbml._deployed(text) is 'The version of a model that serves now; NULL before its first deployment.';
