-- Confidence-based performance estimation: where a probability is calibrated, a row with the score p is positive with the
-- probability p, and so each row counts as p of a positive and 1 - p of a negative one.
create or replace function dbml.estimated_performance(
  model text, "window" interval default '30 days', as_of timestamptz default now()
) returns table (version integer, n bigint, auc float8, log_loss float8, brier float8, accuracy float8, mean_score float8)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set work_mem = '256MB'
as $$
declare
  w record := dbml._windows_of_drift("window", as_of);
begin
  perform dbml._judged_version(model, null);
  return query
    with logged as (
      select l.version, l.score, count(*) as n
        from dbml.prediction_log l
       where l.model = estimated_performance.model and l.at >= w.since and l.at < w.until and l.score between 0 and 1
       group by l.version, l.score
    ),
    ranked as (
      select l.version, l.score as p, l.n, l.n * (1 - l.score) as negative,
             sum(l.n * (1 - l.score)) over (partition by l.version order by l.score) as upto
        from logged l
    )
    select r.version, sum(r.n)::bigint,
           sum(r.n * r.p * (r.upto - r.negative / 2)) / nullif(sum(r.n * r.p) * sum(r.negative), 0),
           -sum(r.n * (case when r.p > 0 then r.p * ln(r.p) else 0 end + case when r.p < 1 then (1 - r.p) * ln(1 - r.p) else 0 end)) / sum(r.n),
           sum(r.n * r.p * (1 - r.p)) / sum(r.n),
           sum(r.n * greatest(r.p, 1 - r.p)) / sum(r.n),
           sum(r.n * r.p) / sum(r.n)
      from ranked r
     group by r.version
     order by r.version;
end
$$;
comment on function dbml.estimated_performance(text, interval, timestamptz) is
  'How good the logged probabilities of each version would be if they were calibrated, whose outcomes need not be known.';
