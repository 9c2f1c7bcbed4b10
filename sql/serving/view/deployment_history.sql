create or replace view dbml.deployment_history as
select d.model,
       d.version,
       d.deployed_at,
       d.replaced_at,
       d.deployed_by,
       d.note,
       d.sha256,
       d.git_revision,
       d.act,
       d.strategy,
       d.share
  from (select e.*, lead(e.deployed_at) over (partition by e.model order by e.id) as replaced_at,
               'deploy'::text as act, 'recreate'::text as strategy, 100::numeric as share
          from (select l.id, l.model, l.version, l.deployed_at, l.deployed_by, l.note, v.sha256, v.git_revision
                  from dbml.deployment l
                  left join dbml.model_version v on v.model = l.model and v.version = l.version
                 union all
                select f.id, f.model, f.version, f.deployed_at, f.deployed_by, f.note, f.sha256, f.git_revision
                  from dbml.former_deployment f) e
         union all
        select c.id, c.model, c.version, c.done_at, c.done_by, c.note, v.sha256, v.git_revision, null, c.act, c.strategy, c.share
          from dbml.strategy_act c
          left join dbml.model_version v on v.model = c.model and v.version = c.version) d;
comment on view dbml.deployment_history is
  'Who deployed which version when, and why, and what was done with strategies; without a version: from then on none of the model''s served.';
