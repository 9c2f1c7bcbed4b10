-- Spans of what was predicted inside a trace, for a collector of OpenTelemetry: whole transactions, each once, and only those
-- before which none is running any more.
create or replace function dbml._trace_window(out after bigint, out before bigint)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml._hold('the traces');
  before := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  select m.exported_to into after from dbml.trace_mark m;
  -- The first call tells from when on; so does the first after a restore, which numbers transactions anew.
  if after is null or after > before then
    after := before;
  end if;
end
$$;
comment on function dbml._trace_window() is
  'Between which transactions predictions are to be exported as spans, the second not included; its caller holds the traces.';

-- Nothing of the entity leaves, and no score: a span says that there was a prediction, by what, when, and whether it failed; of
-- the failure its SQLSTATE, because the rest may hold values of the row.
create or replace function dbml._spans(after bigint, before bigint) returns table (
  trace_id text, parent_id text, span_id text, at timestamptz, profile text, model text, version integer, arm text, engine text, failure text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  segment text;
begin
  for segment in
    select format('dbml.%I', format('log_%s', s.number))
      from dbml.log_segment s
     where (s.closed_at is null or s.closed_at > (select m.exported_at - interval '1 day' from dbml.trace_mark m))
       and to_regclass(format('dbml.log_%s', s.number)) is not null
     order by s.number
  loop
    return query execute format($query$
      select substr(t.parent, 4, 32), substr(t.parent, 37, 16),
             -- Exported again after a fault, a span is the same one.
             substr(encode(sha256(convert_to(concat_ws(' ', t.parent, l.model, l.version, l.arm, l.entity, extract(epoch from l.at)), 'UTF8')), 'hex'), 1, 16),
             l.at, l.profile::text, l.model, l.version, l.arm, e.engine, left(l.failure, 5)
        from %s l
       cross join lateral (select substring(l.trace from '00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]')) t(parent)
        left join dbml.version_engine e on e.model = l.model and e.version = l.version
       where l.trace like '%%00-%%' and t.parent !~ '^00-0{32}|^.{36}0{16}' and %s$query$, segment, dbml._written(after, before));
  end loop;
end
$$;
comment on function dbml._spans(bigint, bigint) is
  'What these transactions have logged of predictions inside a sampled trace, a row a span.';

create or replace function dbml._traced(before bigint) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.trace_mark as m (exported_to) values (before)
  on conflict on constraint trace_mark_pkey do update set exported_to = excluded.exported_to, exported_at = now()
$$;
comment on function dbml._traced(bigint) is 'Notes up to which transaction spans have been exported.';
