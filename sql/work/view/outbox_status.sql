create or replace view dbml.outbox_status as
select o.topic, count(*) as waiting, min(o.at) as oldest
  from dbml.outbox o
 group by o.topic;
comment on view dbml.outbox_status is 'What waits to be relayed: how many events of a topic, and since when.';
