create or replace function dbml._release() returns table (code text, revision text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.value, v.version_num from dbml.setting s cross join dbml.alembic_version v where s.name = 'code'
$$;
comment on function dbml._release() is 'Which code and which revision are installed, for who asks whether there is anything to do.';
