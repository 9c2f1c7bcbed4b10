create or replace view dbml.deployment_history as
select d.model,
       d.version,
       d.deployed_at,
       lead(d.deployed_at) over (partition by d.model order by d.id) as replaced_at,
       d.deployed_by,
       d.note,
       v.sha256,
       v.git_revision
  from dbml.deployment d
  left join dbml.model_version v on v.model = d.model and v.version = d.version;
comment on view dbml.deployment_history is
  'Who deployed which version when, and why; without a version: from then on none of the model''s served.';
