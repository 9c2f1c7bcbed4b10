-- The one place that says which version serves whom. Today the newest deployment of a model serves everyone, and a
-- deployment without a version says that none does.
create or replace view dbml.serving as
select d.model,
       d.version,
       'control'::text as arm,
       'recreate'::text as strategy,
       100::numeric as share,
       d.deployed_at as since
  from (select distinct on (l.model) l.*
          from dbml.deployment l
         order by l.model, l.id desc) d
 where d.version is not null;
comment on view dbml.serving is
  'Which version of a model serves which share of its entities, in percent; a model that nothing serves is not there.';
