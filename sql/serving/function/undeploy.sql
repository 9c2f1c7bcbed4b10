-- What served before serves again; where nothing did, nothing does, and the scores are cleared as they were.
create or replace function dbml._undeploy(model text, version integer, note text, rescore boolean) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  present integer;
  earlier integer;
  attached record;
begin
  perform pg_advisory_xact_lock(hashtextextended('dbml.deploy ' || model, 0));
  select s.version into present from dbml.serving s where s.model = _undeploy.model;
  if present is distinct from version then
    raise exception '%@% does not serve, % does', model, version, coalesce(model || '@' || present, 'no version')
      using errcode = 'DB005',
            hint = format('Somebody has deployed since. Deploy it again first: dbml deploy %s@%s', model, version);
  end if;
  select b into earlier from dbml._served_before(model) b limit 1;
  if earlier is not null then
    perform dbml.deploy(model, earlier, note);
    if rescore then
      perform dbml.rescore(model);
    end if;
    return;
  end if;
  insert into dbml.deployment (model, note) values (_undeploy.model, _undeploy.note);
  for attached in
    select p.id, p.relation, r.column_name, r.version_column, r.scored_at_column
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
           from unnest(array[attached.column_name, attached.version_column, attached.scored_at_column]) c
          where c is not null),
        attached.column_name);
    end if;
  end loop;
end
$$;
comment on function dbml._undeploy(text, integer, text, boolean) is
  'Takes the deployment of a serving version back: what served before it serves again.';
