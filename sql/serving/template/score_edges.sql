select {texts}
  from (select {key}, pg_catalog.row_number() over (order by {key}) as dbml_place from {table}) q
 where dbml_place % {rows}::bigint = 0
 order by dbml_place
