create or replace function dbml._read_ahead(profile integer, entity text[]) returns void
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  -- Who runs the query: inside functions with their owner's rights, current_user is the owner.
  caller name := case current_setting('role') when 'none' then session_user else current_setting('role') end;
begin
  -- By the time that it takes, reading ahead tells which rows there are: so only for whoever may read every row.
  if exists (
       select
         from dbml.profile p
         join pg_class c on c.oid = p.relation
         join pg_roles r on r.rolname = caller
        where p.id = _read_ahead.profile
          and has_table_privilege(r.oid, c.oid, 'select')
          and (not c.relrowsecurity or r.rolsuper or r.rolbypassrls
               or pg_has_role(r.oid, c.relowner, 'usage') and not c.relforcerowsecurity)) then
    execute format('select dbml_scorer.%I($1)', format('profile_%s_read_ahead', profile)) using entity;
  end if;
end
$$;
comment on function dbml._read_ahead(integer, text[]) is
  'Scores the rows that lie behind an entity''s in its table, for the calls that are about to ask for them, where the caller may read them all.';
