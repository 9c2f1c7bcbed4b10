-- The one place that says which version serves whom: the newest deployment of a model is its control, and a deployment
-- without a version says that none serves. A strategy puts arms beside it, which take their shares from the control; a
-- shadow takes none, and answers for a share that others serve.
create or replace view dbml.serving as
with share as (
  select w.model, w.arm, trim_scale(sum(w.buckets) / 100.0) as percent
    from (select l.model, l.arm,
                 coalesce(lead(l.bucket) over (partition by l.model order by l.bucket), 10000) - l.bucket as buckets
            from dbml.allocation l) w
   where w.arm <> 'control'
   group by w.model, w.arm
)
select d.model,
       d.version,
       'control'::text as arm,
       coalesce(o.strategy, 'recreate') as strategy,
       100 - coalesce((select trim_scale(sum(h.percent)) from share h where h.model = d.model), 0) as share,
       d.deployed_at as since,
       null::numeric as shadow_share,
       null::text as waits_for
  from (select distinct on (l.model) l.*
          from dbml.deployment l
         order by l.model, l.id desc) d
  left join dbml.rollout o on o.model = d.model
 where d.version is not null
union all
select a.model, a.version, a.arm, o.strategy, coalesce(h.percent, 0), a.since, a.shadow_share,
       case when a.arm = 'candidate' then nullif(concat_ws('; ',
         case when o.paused_at is not null then format('dbml resume: paused by %s', coalesce(o.paused_by, 'somebody')) end,
         case when n.step = any (o.approvals) and n.step is distinct from o.approved then format('dbml approve: the step to %s percent', n.step) end,
         case when e.more and o.stepped_at + o.hold > now() then format('its hold, until %s', date_trunc('second', o.stepped_at + o.hold)) end,
         case when e.more and o.min_exposures > 0 then format('%s entities that it scores', o.min_exposures) end,
         case when e.more and o.min_outcomes > 0 then format('%s outcomes', o.min_outcomes) end), '') end
  from dbml.arm a
  join dbml.rollout o on o.model = a.model
  left join share h on h.model = a.model and h.arm = a.arm
 cross join lateral (select min(s.step) as step from unnest(o.steps) s(step) where s.step > coalesce(h.percent, 0)) n
 -- After a last step of 100 percent comes the promotion.
 cross join lateral (select n.step is not null or 100 = any (o.steps) as more) e;
comment on view dbml.serving is
  'Which version of a model serves which share of its entities, in percent, for which share a shadow answers, and what the next step waits for; a model that nothing serves is not there.';
