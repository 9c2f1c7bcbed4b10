-- A migration takes back what it did and nothing else: where another tenant's migration has deployed the same version, or
-- another one since, that stands; somebody's deployment by hand since then is not to be undone. What served before serves again; where nothing did, nothing does, and the scores are
-- cleared as they were.
create or replace function dbml._undeploy(model text, version integer, note text, rescore boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  present dbml.deployment;
  first bigint;
  last bigint;
  earlier integer;
  attached record;
begin
  perform dbml._hold('the deployment of ' || model);
  perform dbml._refuse_while_running(model, 'take a deployment back');
  select d.* into present from dbml.deployment d where d.model = _undeploy.model order by d.id desc limit 1;
  select min(d.id), max(d.id) into first, last
    from dbml.deployment d
   where d.model = _undeploy.model and d.version = _undeploy.version and d.migration = 'deployed';
  if present.version is distinct from version
     and not exists (select from dbml.deployment d
                      where d.model = _undeploy.model and d.version = present.version and d.migration = 'deployed' and d.id > last) then
    raise exception '%@% does not serve, % does', model, version, coalesce(model || '@' || present.version, 'no version')
      using errcode = 'DB005',
            hint = format('Somebody has deployed since. Deploy it again first: dbml deploy %s@%s', model, version);
  end if;
  update dbml.deployment d set migration = 'withdrawn' where d.id = first;
  if present.version is distinct from version
     or exists (select from dbml.deployment d
                 where d.model = _undeploy.model and d.version = _undeploy.version and d.migration = 'deployed') then
    return;
  end if;
  delete from dbml.aside s where s.model = _undeploy.model;
  -- The newest deployment of another version; this one may have been deployed several times in a row.
  select d.version into earlier
    from dbml.deployment d
   where d.model = _undeploy.model
     and d.version is distinct from _undeploy.version
     and coalesce(d.migration, 'deployed') = 'deployed'
   order by d.id desc
   limit 1;
  if earlier is not null then
    perform dbml._serve(model, earlier, note);
    perform dbml._mark_deployment(model, 'restored');
    if rescore then
      perform dbml.rescore(model);
    end if;
    return;
  end if;
  insert into dbml.deployment (model, note, migration) values (_undeploy.model, _undeploy.note, 'restored');
  for attached in
    select p.id, p.relation, r.column_name, dbml._written(r) as columns
      from dbml.prediction r
      join dbml.profile p on p.id = r.profile
     where r.model = _undeploy.model
     order by p.id
  loop
    perform dbml._bind(attached.id);
    delete from dbml.failure f where f.profile = attached.id and f.model = _undeploy.model;
    if rescore then
      execute format('update %s p set %s where p.%I is not null', attached.relation,
        (select string_agg(format('%I = null', c), ', ')
           from unnest(attached.columns) c),
        attached.column_name);
    end if;
  end loop;
end
$$;
comment on function dbml._undeploy(text, integer, text, boolean) is
  'Takes a deployment by migration back: what served before it serves again.';
