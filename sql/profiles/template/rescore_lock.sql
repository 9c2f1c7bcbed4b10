select array_agg(b.dbml_key::text order by b.dbml_key)
  into dbml_keys
  from (select {key} as dbml_key
          from {profile} dbml_row
         {where}
         order by {key}
         limit dbml_rows
           for no key update) as b;
