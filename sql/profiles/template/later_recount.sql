{differing}
for dbml_first in 1 .. cardinality({rows}) by 4096 loop
  dbml_moved := dbml_moved + dbml_scorer.{recount}({rows}[dbml_first : dbml_first + 4095]);
end loop;
