select version, engine
  from dbml.model_version
 where model = %(name)s
   and fingerprint = %(fingerprint)s
