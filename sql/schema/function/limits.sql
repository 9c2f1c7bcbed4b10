-- One figure is set by the owner (dbml install --artifact-limit); the others follow from it.
create or replace function dbml._limits(out artifact bigint, out unfolded bigint, out plan bigint)
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select bytes, bytes * 4, bytes / 8
    from (select coalesce((select s.value::bigint from dbml.setting s where s.name = 'artifact_limit'), 512) * 1048576 as bytes) l
$$;
comment on function dbml._limits() is
  'Bytes that an artifact may have, that it may unfold to when it is compressed, and that its plan and its rows may have.';
