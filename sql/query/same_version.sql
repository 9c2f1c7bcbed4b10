select version, engine
  from dbml.model
 where name = %(name)s
   and starts_with(fingerprint, %(fingerprint)s)
