create or replace view dbml.deployment_history as
select d.model,
       d.version,
       d.deployed_at,
       lead(d.deployed_at) over (partition by d.model order by d.id) as replaced_at,
       d.deployed_by,
       d.note,
       d.sha256,
       d.git_revision
  from (select l.id, l.model, l.version, l.deployed_at, l.deployed_by, l.note, v.sha256, v.git_revision
          from dbml.deployment l
          left join dbml.model_version v on v.model = l.model and v.version = l.version
         union all
        select f.id, f.model, f.version, f.deployed_at, f.deployed_by, f.note, f.sha256, f.git_revision
          from dbml.former_deployment f) d;
comment on view dbml.deployment_history is
  'Who deployed which version when, and why; without a version: from then on none of the model''s served.';
