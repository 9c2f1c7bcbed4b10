-- The transaction's end counts them.
insert into dbml.touched (xid, profile, position, entity)
select pg_current_xact_id()::text::bigint, {id}, {position}, {entity}
  from ({touched}) as d
 {known};
if found then
  {later}
end if;
