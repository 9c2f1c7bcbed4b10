-- Whoever works through the log later (deferred shadows, explanations) reads whole transactions, and only those before which
-- none is running any more: transactions commit in another order than they log. Nothing is marked in the log itself.
create or replace function dbml._log_walk(
  wanted text, done_to bigint, rows integer,
  out within text, out before bigint, out more boolean, out segments text[], out versions integer[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  own constant bigint := pg_current_xact_id()::text::bigint;
  after bigint;
  found bigint;
  last bigint;
begin
  before := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  -- A restored database numbers its transactions anew.
  after := case when done_to <= before then done_to else 0 end;
  -- Up to a transaction, so that a long backlog is walked in several of ours.
  execute format('select count(*), max(x.xid) from (select $1 - age(l.xmin) as xid from dbml.log l'
                 ' where %s and $1 - age(l.xmin) >= $2 and $1 - age(l.xmin) < $3 order by 1 limit $4) x', wanted)
    into found, last using own, after, before, rows;
  more := found = rows;
  if more then
    before := last + 1;
  end if;
  within := format('%s - age(l.xmin) >= %s and %s - age(l.xmin) < %s', own, after, own, before);
  if found > 0 then
    execute format('select array_agg(x.segment order by x.oid, x.version), array_agg(x.version order by x.oid, x.version)'
                   '  from (select distinct c.oid, c.relname::text as segment, l.version from dbml.log l join pg_class c on c.oid = l.tableoid'
                   '         where %s and %s) x', wanted, within)
      into segments, versions;
  end if;
end
$$;
comment on function dbml._log_walk(text, bigint, integer) is
  'The next piece of the log, of rows l that are wanted, from a transaction on and about so many: what says that a row is in it, the transaction that it ends before, whether there is more, and the segments and versions that it has.';
