select l.place, array[{entity:s}] as entity, l.label, {inputs:s}
  from (select row_number() over () as place, {keys:s}, ({value:s}
               )::text as label
          from inserted) l
  left join {relation:s} c on {same:s}
