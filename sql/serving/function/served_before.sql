create or replace function dbml._served_before(model text) returns setof integer
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.version
    from dbml.deployment d
    left join dbml.serving s on s.model = d.model
   where d.model = _served_before.model and d.version is distinct from s.version
   order by d.id desc
$$;
comment on function dbml._served_before(text) is
  'What has served before the version that serves now, the newest first; NULL where for a time nothing did.';
