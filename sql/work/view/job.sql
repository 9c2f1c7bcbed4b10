create or replace view dbml.job as
select d.name as duty,
       case
         when d.worker is not null and d.lease_until < clock_timestamp() then 'abandoned'
         when d.worker is not null and d.progressed < clock_timestamp() - interval '5 minutes' then 'hung'
         when d.worker is not null then 'running'
         when d.failures > 0 then 'failed'
         else 'waiting'
       end as state,
       d.worker, d.began, d.progressed, d.done, d.total, d.ended, d.due, d.runs, d.failures, d.error
  from dbml.duty d;
comment on view dbml.job is
  'What workers do. A worker has abandoned what he has not prolonged; a hung one lives, and has got nowhere for 5 minutes.';
