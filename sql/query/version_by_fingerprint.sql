select version, engine
  from dbml.model
 where name = %(name)s
   and fingerprint = %(fingerprint)s
