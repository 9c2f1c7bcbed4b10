with gone as (
  delete from dbml.touched t
   where t.xid = pg_current_xact_id()::text::bigint and t.profile = {id}
     and (dbml_only is null or t.position = dbml_only)
     {others}
  returning t.position, t.entity
)
select distinct g.position, g.entity
  from gone g
