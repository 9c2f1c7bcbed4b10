create or replace function dbml._served_before(model text) returns setof integer
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select d.version
    from dbml.deployment d
    left join dbml.serving s on s.model = d.model and s.arm = 'control'
   where d.model = _served_before.model and d.version is distinct from s.version
   order by d.id desc
$$;
comment on function dbml._served_before(text) is
  'What has served before the version that serves now, the newest first; NULL where for a time nothing did.';

create or replace function dbml._served_before_a_pause(model text) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select exists (
    select
      from dbml.serving s
      join dbml.deployment d on d.model = s.model and d.version = s.version
      join dbml.deployment pause on pause.model = s.model and pause.id > d.id and pause.version is null
     where s.model = _served_before_a_pause.model and s.arm = 'control')
$$;
comment on function dbml._served_before_a_pause(text) is
  'Whether the version that serves now served already before a time when none did.';
