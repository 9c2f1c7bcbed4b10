select array_agg(b.dbml_row order by {b_key})
  into dbml_batch
  from (select dbml_row
          from {profile} dbml_row
         {where}
         order by {key}
         limit dbml_rows
           for no key update) as b;
