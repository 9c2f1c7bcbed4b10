-- The lock makes the number ours until the transaction ends.
select coalesce(max(p.id), 0) + 1 as id
  from (select pg_advisory_xact_lock(hashtextextended('dbml.attach', 0))) l
  left join dbml.profile p on true
