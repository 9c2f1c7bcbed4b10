create or replace function dbml._next_profile() returns integer
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Before looking: somebody may be attaching at this moment.
  perform dbml._hold('attaching');
  return (select coalesce(max(p.id), 0) + 1 from dbml.profile p);
end
$$;
comment on function dbml._next_profile() is 'The number that the next profile gets; until the transaction ends nobody else gets it.';
