create or replace function dbml._remove_version(model text, version integer, sha256 text) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  stored record;
begin
  perform dbml._hold('the model ' || model);
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
  update dbml.migrated_version m
     set times = m.times - 1
   where m.model = _remove_version.model and m.version = stored.version and m.times > 1;
  if found then
    raise notice 'another migration added %@% as well, and it stays', model, stored.version;
    return false;
  end if;
  if exists (select from dbml.serving s where s.model = _remove_version.model and s.version = stored.version) then
    raise exception '%@% is deployed', model, stored.version
      using errcode = 'DB012', hint = 'Take its deployment back first: op.undeploy_model, or dbml deploy another.';
  end if;
  -- Of a model without another version goes also that none of it served.
  with gone as (
    delete from dbml.deployment d
     where d.model = _remove_version.model
       and (d.version = stored.version
            or not exists (select from dbml.model_version v
                            where v.model = _remove_version.model and v.version <> stored.version))
    returning d.*
  )
  insert into dbml.former_deployment (id, model, version, deployed_at, deployed_by, note, sha256, git_revision)
  select g.id, g.model, g.version, g.deployed_at, g.deployed_by, g.note, v.sha256, v.git_revision
    from gone g
    left join dbml.model_version v on v.model = g.model and v.version = g.version;
  perform dbml._drop_version(model, stored.version);
  return true;
end
$$;
comment on function dbml._remove_version(text, integer, text) is
  'Removes a version that only one migration added; one that was there before stays, and so does the history of its deployments.';

create or replace function dbml._drop_version(model text, version integer) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from dbml.bytecode b
   where b.fingerprint in (select v.fingerprint from dbml.model_version v
                            where v.model = _drop_version.model and v.version = _drop_version.version
                            union all
                           select o.fingerprint from dbml.version_output o
                            where o.model = _drop_version.model and o.version = _drop_version.version);
  delete from dbml.model_version v where v.model = _drop_version.model and v.version = _drop_version.version;
  execute format('drop function if exists %s(float8[], text[]), %s(float8[], text[])',
    dbml._careful_scorer(model, version), dbml._careful_outputs(model, version));
  execute format('drop function if exists %s(float8[], text[])', dbml._kept_scorer(model, version));
end
$$;
comment on function dbml._drop_version(text, integer) is 'Part of removing a version: what is stored and generated of it.';

create or replace function dbml._remove_idle(model text, version integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml._hold('the model ' || model);
  if not exists (select from dbml.model_version v where v.model = _remove_idle.model and v.version = _remove_idle.version) then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005', hint = format('dbml model list %s shows what there is', model);
  end if;
  if exists (select from dbml.serving s where s.model = _remove_idle.model and s.version = _remove_idle.version) then
    raise exception '%@% is deployed', model, version
      using errcode = 'DB012', hint = format('Let another serve first: dbml deploy %s@V, or dbml rollback %1$s.', model);
  end if;
  if exists (select from dbml.deployment d where d.model = _remove_idle.model and d.version = _remove_idle.version) then
    raise exception '%@% has served, and what it answered may still be asked for', model, version
      using errcode = 'DB012', hint = 'It stays. Versions that never served can be removed.';
  end if;
  if exists (select from dbml.model_version v
              where v.model = _remove_idle.model and v.version = _remove_idle.version and v.migrated) then
    raise exception 'a migration added %@%', model, version
      using errcode = 'DB012', hint = 'Its downgrade removes it: alembic downgrade.';
  end if;
  if not exists (select from dbml.model_version v where v.model = _remove_idle.model and v.version <> _remove_idle.version)
     and exists (select from dbml.prediction r where r.model = _remove_idle.model) then
    raise exception '%@% is the only version of a model that a profile predicts with', model, version
      using errcode = 'DB012', hint = 'Add another version first, or detach the profile.';
  end if;
  perform dbml._drop_version(model, version);
end
$$;
comment on function dbml._remove_idle(text, integer) is 'Removes a version that has never served.';

create or replace function dbml._remember_version(model text, version integer) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.migrated_version as m (model, version, times)
  select v.model, v.version, 1
    from dbml.model_version v
   where v.model = _remember_version.model and v.version = _remember_version.version and v.migrated
  on conflict on constraint migrated_version_pkey do update set times = m.times + 1
$$;
comment on function dbml._remember_version(text, integer) is
  'Counts one more migration that has added a version, unless it was there before any did.';
