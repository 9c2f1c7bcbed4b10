-- Deferred: it fires once, when the transaction that wrote the row is about to be committed.
create or replace function dbml._settle() returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached integer;
begin
  delete from dbml.settling s where s.xid = new.xid;
  -- All transactions take the profiles in one order, and each profile's rows in that of their key.
  for attached in select distinct t.profile from dbml.touched t where t.xid = new.xid order by t.profile loop
    begin
      execute format('select dbml_scorer.%I(null)', format('profile_%s_settle', attached));
    -- What others have made of the tables does not cost the application its commit; nor does a profile that was detached.
    exception when syntax_error_or_access_rule_violation or invalid_schema_name or feature_not_supported or internal_error
      or invalid_text_representation or object_not_in_prerequisite_state then
      perform dbml._miss(attached, sqlstate, sqlerrm);
      delete from dbml.touched t where t.xid = new.xid and t.profile = attached;
    end;
  end loop;
  -- What an application's triggers on the profiles have touched meanwhile has its own row in dbml.settling.
  return null;
end
$$;
comment on function dbml._settle() is 'Counts what a transaction has touched, before it is committed.';

-- A constraint trigger cannot be replaced.
do $$
begin
  if not exists (select from pg_catalog.pg_trigger t where t.tgrelid = 'dbml.settling'::regclass and t.tgname = 'dbml_settled') then
    create constraint trigger dbml_settled after insert on dbml.settling
      deferrable initially deferred for each row execute function dbml._settle();
  end if;
end
$$;
