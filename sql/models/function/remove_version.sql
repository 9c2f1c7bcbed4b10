create or replace function dbml._remove_version(model text, version integer, sha256 text) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stored record;
begin
  perform pg_advisory_xact_lock(hashtextextended('dbml.model ' || model, 0));
  select v.version, v.fingerprint, v.migrated into stored
    from dbml.model_version v
   where v.model = _remove_version.model
     and v.sha256 = _remove_version.sha256
     and v.version = coalesce(_remove_version.version, v.version)
   order by v.migrated desc, v.version desc
   limit 1;
  if stored.version is null then
    raise exception 'no version of % has sha256 %', model, sha256
      using errcode = 'DB005', hint = format('dbml model list %s shows what there is', model);
  end if;
  if not stored.migrated then
    raise notice 'no migration added %@%, and it stays', model, stored.version;
    return false;
  end if;
  if exists (select from dbml.serving s where s.model = _remove_version.model and s.version = stored.version) then
    raise exception '%@% is deployed', model, stored.version
      using errcode = 'DB012', hint = 'Take its deployment back first: op.undeploy_model, or dbml deploy another.';
  end if;
  delete from dbml.deployment d where d.model = _remove_version.model and d.version = stored.version;
  delete from dbml.bytecode b where b.fingerprint = stored.fingerprint;
  delete from dbml.model_version v where v.model = _remove_version.model and v.version = stored.version;
  if not exists (select from dbml.model_version v where v.model = _remove_version.model) then
    delete from dbml.deployment d where d.model = _remove_version.model;
  end if;
  execute format('drop function if exists %s(float8[], text[])', dbml._careful_scorer(model, stored.version));
  return true;
end
$$;
comment on function dbml._remove_version(text, integer, text) is
  'Removes a version that a migration added and its deployments; one that was there before stays.';
