-- name: forget
-- Erases what dbml has kept of one entity.
select dbml.forget(%(table)s::regclass, %(entity)s::text[]);

-- name: rotate_log
-- How many segments of the log were opened, indexed or dropped.
select pg_catalog.count(*) filter (where r.act <> 'in use') from dbml.rotate_log(keep => %(keep)s::interval) r;

-- name: explain_logged
-- Explains about so many logged predictions of those that ask for it.
select e.explained, e.more from dbml._explain_logged(%(rows)s) e;

-- name: unexplained
-- Why the last logged predictions of some models could not be explained.
select f.failure from dbml._unexplained() f;

-- name: experiment
-- What the arms of a model's newest strategy have come to.
select * from dbml.experiment(%(name)s, %(covariate)s, coalesce(%(as_of)s::timestamptz, pg_catalog.now()));

-- name: experiment_moments
-- Moments from the beginning of a model's newest strategy to the day when its last outcomes are known.
select b.since + i * (b.until - b.since) / %(looks)s as at
  from (select pg_catalog.min(e.since) as since, least(pg_catalog.now(), pg_catalog.max(e.until) + (dbml._outcome(%(name)s)).horizon) as until
          from dbml._epochs(%(name)s, pg_catalog.now()) e) b
 cross join pg_catalog.generate_series(1, %(looks)s) i
 where b.since is not null
 order by i;

-- name: performance
-- How good the logged predictions of a model were.
select * from dbml.performance(%(name)s, %(by)s, coalesce(%(as_of)s::timestamptz, pg_catalog.now()));

-- name: drift
-- How far what a version sees and answers has moved from its reference.
select * from dbml.drift(%(name)s, %(window)s::interval, coalesce(%(as_of)s::timestamptz, pg_catalog.now()), %(version)s::integer);

-- name: quality_drift
-- Whether a version has become worse, by outcomes.
select * from dbml.quality_drift(%(name)s, %(baseline)s::interval, %(since)s::timestamptz, coalesce(%(as_of)s::timestamptz, pg_catalog.now()), %(version)s::integer);

-- name: set_reference
-- What a version is compared with from now on.
select dbml.set_reference(%(name)s, %(since)s::timestamptz, coalesce(%(until)s::timestamptz, pg_catalog.now()), %(version)s::integer);

-- name: set_threshold
-- A threshold of drift that somebody sets.
select dbml.set_threshold(%(name)s, %(feature)s, %(statistic)s, %(value)s::float8);

-- name: uncounted
-- Segments of the log that may have something to count.
select s as segment from dbml._uncounted() s;

-- name: count_segment
-- Counts what was committed to a segment of the log since it was counted last.
select dbml._count_segment(%(segment)s);

-- name: explain
-- What each of loose values adds to the base of a model's scores.
select e.feature, e.value, e.contribution, e.base from dbml.explain(%(name)s, %(features)s::jsonb, %(scale)s) e;

-- name: explain_change
-- What each of loose values that changed did to the score.
select e.feature, e.old_value, e.new_value, e.contribution
  from dbml.explain_change(%(name)s, %(old)s::jsonb, %(new)s::jsonb) e;

-- name: importance
-- How much each feature matters over the rows of a table or a query.
select i.feature, i.importance from dbml.importance(%(name)s, %(rows)s, %(scale)s) i;

-- name: profile_of
-- The table that a model scores, and the columns of its key.
select n.nspname as schema, c.relname as table,
       dbml._key_of_rows(pg_catalog.split_part(%(name)s, '@', 1), c.oid,
         array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as key
  from dbml.status s
  join pg_class c on c.oid = s.profile::regclass
  join pg_namespace n on n.oid = c.relnamespace
 where s.model = pg_catalog.split_part(%(name)s, '@', 1)
 order by c.oid
 limit 1;

-- name: metrics
-- What an exporter tells, those of a name together.
select * from dbml.metrics order by name, labels::text;

-- name: alerts
-- Open alerts, the newest first; or all.
select a.id, a.model, a.cause, a.says, a.opened_at, a.seen_at, a.reopened, a.acknowledged_at, a.acknowledged_by, a.closed_at
  from dbml.alert a where %(closed)s or a.closed_at is null order by a.id desc;

-- name: acknowledge
-- Somebody is at it.
select dbml.acknowledge(%(alert)s);

-- name: check_alerts
-- Opens and closes alerts by what is wrong now; how many were opened.
select dbml.check_alerts(%(window)s::interval);

-- name: untold
-- What a place has not been told.
select * from dbml._untold(%(place)s);

-- name: told
-- A place was told.
select dbml._told(%(alert)s, %(place)s, %(event)s);

-- name: histograms
-- What was logged of a version in a time.
select * from dbml.histograms(%(name)s, %(since)s::timestamptz, %(until)s::timestamptz, %(step)s::interval, %(version)s::integer);

-- name: reference
-- What a version is compared with.
select r.feature, r.position, r.kind, r.edges, r.categories, r.low, r.high, r.reference, null::bigint[] as counts
  from dbml._references(%(name)s, %(version)s::integer) r order by r.position;

-- name: report_times
-- When a window and a history begin that end now, and by which steps a history is told.
select pg_catalog.date_bin('1 hour', pg_catalog.now(), '2000-01-01 00:00:00+00') + interval '1 hour' as until,
       pg_catalog.date_bin('1 hour', pg_catalog.now(), '2000-01-01 00:00:00+00') + interval '1 hour'
         - pg_catalog.ceil(extract(epoch from %(window)s::interval) / 3600)::integer * interval '1 hour' as window_since,
       pg_catalog.now() as now, pg_catalog.now() - %(since)s::interval as since,
       case when %(since)s::interval > interval '4 days' then interval '1 day' else interval '1 hour' end as step;

-- name: report_versions
-- What was logged by version, and what became of it.
select m.labels operator(pg_catalog.->>) 'version' as version, m.labels operator(pg_catalog.->>) 'arm' as arm,
       pg_catalog.sum(m.value)::bigint as predictions,
       coalesce(pg_catalog.sum(m.value) filter (where (m.labels operator(pg_catalog.->>) 'outcome') <> 'scored'), 0)::bigint as without_score
  from dbml.metrics m
 where m.name = 'dbml_predictions_total' and (m.labels operator(pg_catalog.->>) 'model') = %(name)s
 group by 1, 2 order by 1, 2;

-- name: report_failures
-- Why predictions have no score.
select m.labels operator(pg_catalog.->>) 'version' as version, m.labels operator(pg_catalog.->>) 'reason' as reason, m.value::bigint as predictions
  from dbml.metrics m
 where m.name = 'dbml_failures_total' and (m.labels operator(pg_catalog.->>) 'model') = %(name)s
 order by 3 desc;

-- name: report_serving
-- Which version serves whom.
select s.version, s.arm, s.strategy, s.share, s.since from dbml.serving s where s.model = %(name)s order by s.arm;

-- name: report_quality
-- How predictions did against what came true, by day and by the tenth that the score is in.
select pg_catalog.date_trunc('day', o.at) as day, pg_catalog.width_bucket(o.score, 0, 1.0000001, 10) as bin, pg_catalog.count(*) as n,
       pg_catalog.avg(o.score) as score, pg_catalog.avg(o.outcome) as outcome,
       pg_catalog.avg((o.score - o.outcome) ^ 2) as error, coalesce(pg_catalog.stddev_samp((o.score - o.outcome) ^ 2), 0) as spread
  from dbml.outcomes(%(name)s) o
 where o.outcome is not null and o.at >= %(since)s::timestamptz
 group by grouping sets ((pg_catalog.date_trunc('day', o.at)), (pg_catalog.width_bucket(o.score, 0, 1.0000001, 10)))
 order by 1, 2;

-- name: key_of_rows
-- By which columns rows of these columns are told apart.
select dbml._key_of_rows(%(name)s, null, %(columns)s);

-- name: logged_versions
-- Which versions have answered in a time, and whether what they saw is logged.
select v.version,
       exists (select from dbml.prediction_log p
                where p.model = %(name)s and p.version = v.version and p.arm not like 'shadow%%' and p.score is not null
                  and p.at >= coalesce(%(start)s::timestamptz, '-infinity') and p.at < coalesce(%(end)s::timestamptz, 'infinity')
                  and p.features is not null) as features
  from (select distinct p.version from dbml.prediction_log p
         where p.model = %(name)s and p.arm not like 'shadow%%' and p.score is not null
           and p.at >= coalesce(%(start)s::timestamptz, '-infinity') and p.at < coalesce(%(end)s::timestamptz, 'infinity')) v
 order by v.version;

-- name: replay
-- How a version's scores of rows differ from those that are their keys.
select %(name)s as model, %(version)s::integer as version, pg_catalog.count(r.new) as n, pg_catalog.count(*) - pg_catalog.count(r.new) as refused,
       pg_catalog.count(*) filter (where pg_catalog.abs(r.new - r.old) > 1e-9) as moved,
       pg_catalog.avg(r.old) filter (where r.new is not null) as mean_logged, pg_catalog.avg(r.new) as mean, pg_catalog.avg(r.new - r.old) as mean_difference,
       pg_catalog.max(pg_catalog.abs(r.new - r.old)) as largest_difference, %(threshold)s::float8 as threshold,
       pg_catalog.count(*) filter (where (r.new > %(threshold)s) <> (r.old > %(threshold)s)) as flips
  from (select s.score as new, s.key[1]::float8 as old from dbml.scores(%(scorer)s, %(rows)s) s) r;

-- name: replay_history
-- How the scores of two versions differ, of rows with a key.
select %(name)s as model, %(version)s::integer as version, pg_catalog.count(r.new) as n, pg_catalog.count(*) - pg_catalog.count(r.new) as refused,
       pg_catalog.count(*) filter (where pg_catalog.abs(r.new - r.old) > 1e-9) as moved,
       pg_catalog.avg(r.old) filter (where r.new is not null) as mean_logged, pg_catalog.avg(r.new) as mean, pg_catalog.avg(r.new - r.old) as mean_difference,
       pg_catalog.max(pg_catalog.abs(r.new - r.old)) as largest_difference, %(threshold)s::float8 as threshold,
       pg_catalog.count(*) filter (where (r.new > %(threshold)s) <> (r.old > %(threshold)s)) as flips, %(against)s::integer as against
  from (select n.score as new, o.score as old
          from dbml.scores(pg_catalog.format('%%s@%%s', %(name)s::text, %(against)s::integer), %(rows)s) o
          join dbml.scores(pg_catalog.format('%%s@%%s', %(name)s::text, %(version)s::integer), %(rows)s) n on n.key = o.key
         where o.score is not null) r;

-- name: serving_version
-- The version that serves a model's control.
select s.version from dbml.serving s where s.model = %(name)s and s.arm = 'control';

-- name: logged_since
-- Since when predictions of a model are logged with their features.
select pg_catalog.min(p.at) from dbml.prediction_log p where p.model = %(name)s and p.numbers is not null;

-- name: drift_by
-- The same by segments.
select * from dbml.drift_by(%(name)s, %(by)s, %(window)s::interval, coalesce(%(as_of)s::timestamptz, pg_catalog.now()), %(version)s::integer);

-- name: estimated_performance
-- How good probabilities would be if they were calibrated.
select * from dbml.estimated_performance(%(name)s, %(window)s::interval, coalesce(%(as_of)s::timestamptz, pg_catalog.now()));

-- name: trace_window
-- Between which transactions predictions are to be exported as spans; its caller holds the traces.
select w.after, w.before from dbml._trace_window() w;

-- name: spans
-- What was predicted inside traces by these transactions.
select s.trace_id, s.parent_id, s.span_id, s.at, s.profile, s.model, s.version, s.arm, s.engine, s.failure
  from dbml._spans(%(after)s, %(before)s) s;

-- name: traced
-- Notes up to which transaction spans have been exported.
select dbml._traced(%(before)s);

-- name: measure_scores
-- Measures what scores take.
select dbml.measure_scores();
