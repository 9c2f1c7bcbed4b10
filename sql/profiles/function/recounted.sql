-- A recount tells the other triggers of its statement, which have yet to report what it has seen. Not by a setting, which
-- any role could clear between two triggers; by a row that only dbml_owner can write. That the session has written one lately
-- the triggers know from its own statistics, without reading the table. A savepoint that is rolled back takes the row along.
create or replace function dbml._mark_recount() returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into dbml.recount as r (xid, statement)
  values (pg_current_xact_id()::text::bigint, statement_timestamp())
  on conflict on constraint recount_pkey do update set statement = excluded.statement;
  -- Now and then the rows of transactions that have ended go; not where that could fail because others do the same.
  if hashint8(pg_current_xact_id()::text::bigint) & 63 = 0 and current_setting('transaction_isolation') = 'read committed' then
    delete from dbml.recount r
     using (select e.xid from dbml.recount e
             where e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
               for update skip locked) as ended
     where r.xid = ended.xid;
  end if;
end
$$;
comment on function dbml._mark_recount() is 'Tells the other triggers of this statement that something has been recounted.';

create or replace function dbml._recounted() returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from dbml.recount r where r.xid = pg_current_xact_id()::text::bigint and r.statement = statement_timestamp());
end
$$;
comment on function dbml._recounted() is 'Whether this statement has recounted something.';
