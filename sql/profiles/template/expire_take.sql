with next as (
  select w.number, w.position
    from dbml.due w
   where w.profile = {id} and w.number > dbml_after
   order by w.number, w.position
   limit dbml_rows
)
delete from dbml.due w
 using next n
 where w.profile = {id} and w.number = n.number and w.position = n.position
returning w.number, w.position, w.entity, w.at
