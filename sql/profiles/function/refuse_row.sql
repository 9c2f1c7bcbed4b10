-- Where on_error is raise. The statement may be of somebody who may not read the row that failed: what the estimator or
-- an expression says of it may show its values, and goes to the log. What the plan says names a feature at most.
create or replace function dbml._refuse_row(model text, version integer, engine text, state text, message text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
  if state = 'DB013' and engine <> 'python' then
    raise exception '%', regexp_replace(message, '^plpy\.Error: ', '')
      using errcode = state, hint = 'dbml model show tells what it takes.';
  end if;
  raise log 'dbml: %@% could not score a row: % (%)', model, version, message, state;
  raise exception '%@% cannot score a row of this statement', model, version
    using errcode = state, hint = 'The server''s log has the reason; it may show the row.';
end
$$;
comment on function dbml._refuse_row(text, integer, text, text, text) is
  'Fails a statement because a row cannot be scored, without showing the row.';
