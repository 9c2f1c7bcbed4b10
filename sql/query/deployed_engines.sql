select m.name, m.version, m.engine
  from dbml.model m
 where m.deployed
 order by m.name
