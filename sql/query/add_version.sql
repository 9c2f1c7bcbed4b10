insert into dbml.model_version
       (model, version, engine, fingerprint, sha256, signature, golden, libraries, training_summary, artifact)
select %(name)s,
       coalesce((select max(v.version) from dbml.model_version v where v.model = %(name)s), 0) + 1,
       %(engine)s, %(fingerprint)s, %(sha256)s, %(signature)s, %(golden)s, %(libraries)s,
       %(training_summary)s, %(artifact)s
returning version
