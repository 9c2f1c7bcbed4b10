-- The rows are sorted once, by group and score; equal scores become one row, and everything is a sum over these. Hashing them
-- before they are sorted, or compiling the query, takes longer than it saves; the log is read by several processes.
create or replace function dbml.performance(model text, by text default null, as_of timestamptz default now()) returns table (
  version integer, arm text, day date, segment text, n bigint, auc float8, log_loss float8, brier float8, accuracy float8,
  mae float8, rmse float8, bias float8, mean_score float8, mean_outcome float8
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
set jit = off
set enable_hashagg = off
set parallel_setup_cost = 100
set parallel_tuple_cost = 0.001
as $$
declare
  o record := dbml._outcome(model);
  grouped text := case
    when by is null then 'null::text'
    when by = 'version' then 'q.version'
    when by = 'arm' then 'q.arm'
    when by = 'day' then 'q.at::date'
    else format('(r.%I)::text', by) end;
  joined text := '';
  measured text;
begin
  if by not in ('version', 'arm', 'day') then
    if not exists (select from pg_attribute a where a.attrelid = o.relation and a.attname = by and a.attnum > 0 and not a.attisdropped) then
      raise exception '% has no column %', o.relation, quote_literal(by)
        using errcode = 'DB009', hint = 'Group by version, arm, day, or a column of the profile.';
    end if;
    joined := format('left join %s r on %s = q.entity', o.relation, dbml._as_entity(o.relation, o.profile_key, 'r'));
  end if;
  measured := case when o.output ->> 'kind' = 'probability' then $query$
    select c.g, sum(c.n)::bigint as n,
           sum(c.positive * c.below) / nullif(sum(c.positive) * sum(c.negative), 0) as auc,
           -sum(c.positive * ln(c.clipped) + c.negative * ln(1 - c.clipped)) / sum(c.n) as log_loss,
           sum(c.positive * (1 - c.s) * (1 - c.s) + c.negative * c.s * c.s) / sum(c.n) as brier,
           sum(case when c.s > 0.5 then c.positive else c.negative end) / sum(c.n) as accuracy,
           null::float8 as mae, null::float8 as rmse, null::float8 as bias,
           sum(c.n * c.s) / sum(c.n) as mean_score, sum(c.positive) / sum(c.n) as mean_outcome
      from (select e.*, least(greatest(e.s, 2.220446049250313e-16), 1 - 2.220446049250313e-16) as clipped,
                   sum(e.negative) over (partition by e.g order by e.s rows unbounded preceding) - e.negative / 2 as below
              from (select j.g, j.s, count(*)::float8 as n, sum(j.y) as positive, count(*) - sum(j.y) as negative
                      from judged j group by j.g, j.s) e) c
     group by c.g$query$
  else $query$
    select j.g, count(*) as n, null::float8 as auc, null::float8 as log_loss, null::float8 as brier, null::float8 as accuracy,
           sum(abs(j.s - j.y)) / count(*) as mae, sqrt(sum((j.s - j.y) * (j.s - j.y)) / count(*)) as rmse,
           sum(j.s - j.y) / count(*) as bias, sum(j.s) / count(*) as mean_score, sum(j.y) / count(*) as mean_outcome
      from judged j group by j.g$query$ end;
  return query execute format($query$
    with judged as (select %1$s as g, q.score as s, q.outcome as y from (%2$s) q %3$s where q.outcome is not null%9$s)
    select %4$s, %5$s, %6$s, %7$s, f.n, f.auc, f.log_loss, f.brier, f.accuracy, f.mae, f.rmse, f.bias, f.mean_score, f.mean_outcome
      from (%8$s) f
     order by f.g$query$,
    grouped, dbml._ripe(model), joined,
    case when by = 'version' then 'f.g' else 'null::integer' end,
    case when by = 'arm' then 'f.g' else 'null::text' end,
    case when by = 'day' then 'f.g' else 'null::date' end,
    case when by not in ('version', 'arm', 'day') then 'f.g' else 'null::text' end,
    measured,
    -- What a shadow says stands beside what was answered, and is judged where its arm or version is named.
    case when by in ('version', 'arm') then '' else ' and q.arm not like ''shadow%''' end)
    using least(as_of, now());
end
$$;
comment on function dbml.performance(text, text, timestamptz) is
  'How good the logged predictions of a model were, for all or by version, arm, day or a column of the profile, as it was known then; by the time of the prediction.';
