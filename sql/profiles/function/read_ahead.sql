create or replace function dbml._read_ahead(profile integer, entity text[]) returns void
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- By the time that it takes, reading ahead tells which rows there are: so only for whoever may read every row.
  if dbml._caller_reads((select p.relation from dbml.profile p where p.id = _read_ahead.profile), null) then
    execute format('select dbml_scorer.%I($1)', format('profile_%s_read_ahead', profile)) using entity;
  end if;
end
$$;
comment on function dbml._read_ahead(integer, text[]) is
  'Scores the rows that lie behind an entity''s in its table, for the calls that are about to ask for them, where the caller may read them all.';
