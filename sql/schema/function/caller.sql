create or replace function dbml._caller_reads(relation oid, columns text[]) returns boolean
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_and(
           (has_table_privilege(r.oid, c.oid, 'select')
            -- NULL for columns: all of them.
            or coalesce((select bool_and(has_column_privilege(r.oid, c.oid, k, 'select')) from unnest(_caller_reads.columns) k),
                        _caller_reads.columns is not null))
           and (not c.relrowsecurity or r.rolsuper or r.rolbypassrls
                or pg_has_role(r.oid, c.relowner, 'usage') and not c.relforcerowsecurity)), false)
    from pg_class c
    -- Who runs the query: inside functions with their owner's rights, current_user is the owner.
    join pg_roles r on r.rolname = case current_setting('role') when 'none' then session_user else current_setting('role')::name end
   where c.oid = relation
$$;
comment on function dbml._caller_reads(oid, text[]) is
  'Whether whoever asks may read these columns in every row of a table, or the whole of it, where none are named.';
