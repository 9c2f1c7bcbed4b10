select {texts}
  from (select {key}, row_number() over (order by {key}) as dbml_place from {table}) q
 where dbml_place % {rows} = 0
 order by dbml_place
