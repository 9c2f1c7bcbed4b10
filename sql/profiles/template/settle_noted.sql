with gone as (
  delete from dbml.touched t
   where t.xid = pg_current_xact_id()::text::bigint and t.profile = {id} and t.position = {position}
     and (dbml_only is null or dbml_only = {position})
  returning t.entity
)
select coalesce(jsonb_agg(distinct to_jsonb(g.entity)), '[]')
  into {variable}
  from gone g;
