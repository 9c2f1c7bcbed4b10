#variable_conflict use_column
declare
  -- Their keys alone are filled. Prefixed, because a column of the profile may have any other name.
  dbml_from {profile};
  {rows}
  dbml_touched record;
begin
  for dbml_touched in
    select distinct t.position, t.entity
      from dbml.touched t
     where t.xid = pg_current_xact_id()::text::bigint and t.profile = {id}
       and (dbml_only is null or t.position = dbml_only)
  loop
    {from_entity}
    {append}
  end loop;
  delete from dbml.touched t
   where t.xid = pg_current_xact_id()::text::bigint and t.profile = {id}
     and (dbml_only is null or t.position = dbml_only);
  {claims}
  -- In key order and for all event tables at once, or two transactions could wait for each other.
  perform
     from {profile} p
     join unnest({all}) as dbml_b on {same}
    order by {key}
      for no key update of p;
  {recounts}
end
