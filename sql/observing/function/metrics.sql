-- Everything that an exporter tells, a row a sample. What counts predictions is as new as the duty histograms.
create or replace function dbml._metrics() returns table (name text, type text, help text, labels jsonb, value float8)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select 'dbml_predictions_total' as name, 'counter' as type,
         'Predictions that were logged: scored, refused (the model cannot score the row, and the score is cleared), kept (the same, and the old score stays), failed (another error).' as help,
         jsonb_build_object('model', t.model, 'version', t.version::text, 'arm', t.arm, 'outcome', t.outcome) as labels,
         sum(t.n)::float8 as value
    from dbml.tally t
   group by t.model, t.version, t.arm, t.outcome
  union all
  select 'dbml_failures_total', 'counter', 'Predictions that were logged without a score, by SQLSTATE.',
         jsonb_build_object('model', t.model, 'version', t.version::text, 'reason', t.reason), sum(t.n)::float8
    from dbml.tally t
   where t.reason <> ''
   group by t.model, t.version, t.reason
  union all
  select 'dbml_stale_scores', 'gauge', 'Rows whose score is not of their present values, because these could not be scored.',
         jsonb_build_object('profile', s.profile, 'model', s.model), s.stale::float8
    from dbml.status s
   where s.model is not null
  union all
  select 'dbml_version_info', 'gauge', 'A version that serves.',
         jsonb_build_object('model', s.model, 'version', s.version::text, 'arm', s.arm, 'strategy', s.strategy,
                            'engine', e.engine, 'sha256', v.sha256), 1
    from dbml.serving s
    join dbml.model_version v on v.model = s.model and v.version = s.version
    left join dbml.version_engine e on e.model = s.model and e.version = s.version
  union all
  select 'dbml_serving_share', 'gauge', 'The share of entities that a version serves, from 0 to 1.',
         jsonb_build_object('model', s.model, 'version', s.version::text, 'arm', s.arm), (s.share / 100)::float8
    from dbml.serving s
  union all
  select 'dbml_serving_since_seconds', 'gauge', 'Since when a version serves, as seconds of the epoch.',
         jsonb_build_object('model', s.model, 'version', s.version::text, 'arm', s.arm), date_part('epoch', s.since)
    from dbml.serving s
  union all
  select 'dbml_score_seconds', 'gauge', 'What a score took when the engine was chosen: a session''s first (cold), and each of many (warm).',
         jsonb_build_object('model', s.model, 'version', s.version::text, 'arm', s.arm, 'engine', e.engine, 'when', k.key),
         (e.cost -> e.engine ->> (k.key || '_us'))::float8 / 1000000
    from dbml.serving s
    join dbml.version_engine e on e.model = s.model and e.version = s.version
   cross join (values ('cold'), ('warm')) k(key)
   where e.cost -> e.engine ->> (k.key || '_us') is not null
  union all
  select 'dbml_score_duration_seconds_bucket', 'counter', 'Scores that were timed and took at most le seconds.',
         jsonb_build_object('model', t.model, 'version', t.version::text, 'engine', t.engine,
                            'le', coalesce((e.edges[u.i] / 1000000)::text, '+Inf')),
         sum(u.n) over (partition by t.model, t.version, t.engine order by u.i)::float8
    from dbml.timing t
   cross join (select dbml._timing_edges()) e(edges)
   cross join lateral unnest(t.counts) with ordinality u(n, i)
  union all
  select 'dbml_score_duration_seconds_count', 'counter', 'Scores that were timed.',
         jsonb_build_object('model', t.model, 'version', t.version::text, 'engine', t.engine), (select sum(n) from unnest(t.counts) n)::float8
    from dbml.timing t
  union all
  select 'dbml_score_duration_seconds_sum', 'counter', 'The time that they took.',
         jsonb_build_object('model', t.model, 'version', t.version::text, 'engine', t.engine), t.seconds
    from dbml.timing t
  union all
  select 'dbml_duty_overdue_seconds', 'gauge', 'How long ago a worker should have begun a duty; 0 while one is at it.',
         jsonb_build_object('duty', j.duty),
         case when j.state in ('running', 'hung') then 0 else greatest(date_part('epoch', clock_timestamp() - j.due), 0) end
    from dbml.job j
  union all
  select 'dbml_duty_failures', 'gauge', 'How many times in a row a duty has failed.', jsonb_build_object('duty', j.duty), j.failures::float8
    from dbml.job j
  union all
  select 'dbml_duty_retry_seconds', 'gauge', 'In how many seconds a duty that has failed is tried again; 0 for one that has not.', jsonb_build_object('duty', j.duty),
         case when j.state = 'failed' then greatest(date_part('epoch', j.due - clock_timestamp()), 0) else 0 end
    from dbml.job j
  union all
  select 'dbml_duty_runs_total', 'counter', 'How many times a duty was done.', jsonb_build_object('duty', j.duty), j.runs::float8
    from dbml.job j
  union all
  select 'dbml_duty_stuck', 'gauge', 'Whether a duty was abandoned by its worker, or gets nowhere.', jsonb_build_object('duty', j.duty),
         (j.state in ('abandoned', 'hung'))::integer::float8
    from dbml.job j
  union all
  select w.metric, 'gauge', w.help, jsonb_build_object('queue', q.queue), w.value
    from (select 'scores' as queue, count(*) as waiting, min(s.at) as oldest from dbml.queue s
          union all select 'events', count(*), min(o.at) from dbml.outbox o
          union all select 'labels', count(*), min(l.at) from dbml.label l
          union all select 'dead letters', count(*), min(d.at) from dbml.dead_letter d) q
   cross join lateral (values
     ('dbml_waiting_rows', 'What waits: changes for a score (scores), events for the relay (events), labels to be learnt (labels), and, for a person, events that could not be inserted (dead letters).', q.waiting::float8),
     ('dbml_waiting_seconds', 'Since when the oldest of them waits; 0 where none does.', coalesce(date_part('epoch', clock_timestamp() - q.oldest), 0))) w(metric, help, value)
  union all
  select 'dbml_uncounted_seconds', 'gauge', 'How long ago the open segment of the log was counted.', '{}',
         date_part('epoch', clock_timestamp() - coalesce(m.counted_at, s.opened_at))
    from dbml.log_segment s
    left join dbml.histogram_mark m on m.segment = s.number
   where s.closed_at is null
  union all
  select 'dbml_log_bytes', 'gauge', 'The size of the log of predictions, with its indexes.', '{}',
         coalesce(sum(pg_total_relation_size(to_regclass(format('dbml.log_%s', s.number)))), 0)::float8
    from dbml.log_segment s
  union all
  select 'dbml_outbox_bytes', 'gauge', 'The size of the table of events that wait for the relay, with its indexes.', '{}',
         pg_total_relation_size('dbml.outbox')::float8
  union all
  select 'dbml_alerts', 'gauge', 'Open alerts.', jsonb_build_object('model', coalesce(m.model, '')),
         (select count(*) from dbml.alert a where a.closed_at is null and coalesce(a.model, '') = coalesce(m.model, ''))::float8
    from (select null as model union select s.model from dbml.serving s union select a.model from dbml.alert a) m
$$;
comment on function dbml._metrics() is 'What an exporter tells of this database, for the view.';
