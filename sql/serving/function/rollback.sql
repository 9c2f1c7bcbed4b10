create or replace function dbml.rollback(model text, note text default null) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  present integer;
  earlier integer;
begin
  -- Before looking: somebody may be deploying at this moment.
  perform dbml._hold('the deployment of ' || model);
  select s.version into present from dbml.serving s where s.model = rollback.model and s.arm = 'control';
  perform dbml._refuse_while_running(model, 'roll it back');
  if present is null then
    perform dbml._not_deployed(model);
  end if;
  select b into earlier from dbml._served_before(model) b where b is not null limit 1;
  if earlier is null then
    raise exception 'no version of % served before %@%', model, model, present
      using errcode = 'DB005', hint = format('Deploy one: dbml deploy %s@VERSION; dbml model list %s shows what there is', model, model);
  end if;
  if exists (select from dbml.aside s where s.model = rollback.model and s.version = earlier) then
    perform dbml._swap(model, earlier, present, note);
  else
    perform dbml._serve(model, earlier, note);
  end if;
  return earlier;
end
$$;
comment on function dbml.rollback(text, text) is
  'Makes the version that served before the present one serve again, with the reason why; after blue-green with the scores that it had; returns its number.';
