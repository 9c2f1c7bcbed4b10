create or replace view dbml.queue_status as
select p.relation::text as profile,
       q.model,
       count(distinct q.entity) as waiting,
       min(q.at) as oldest,
       clock_timestamp() - min(q.at) as age
  from dbml.queue q
  join dbml.profile p on p.id = q.profile
 group by p.relation, q.model;
comment on view dbml.queue_status is 'How many rows wait for a worker to score them, and for how long the oldest does.';
