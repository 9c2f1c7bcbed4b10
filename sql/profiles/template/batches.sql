-- In batches, because there may be as many rows as the profile has; coalesce(), because a bare p might be a column.
select array_agg(b.dbml_row order by b.number) as dbml_rows
  from (select coalesce(p.*) as dbml_row, row_number() over () as number
          from {profile} p
          join {rows} on {matches}{end}
         {where}
 group by (b.number - 1) / 4096
