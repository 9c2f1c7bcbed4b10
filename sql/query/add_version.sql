insert into dbml.model_version
       (model, version, engine, fingerprint, sha256, signature, golden, libraries, training_summary, artifact,
        plan, expression, careful_expression, parity, cost, metrics, git_revision, note, migrated, kind)
values (%(name)s, %(version)s, %(engine)s, %(fingerprint)s, %(sha256)s, %(signature)s, %(golden)s, %(libraries)s,
        %(training_summary)s, %(artifact)s, %(plan)s::text::json, %(expression)s::text[], %(careful_expression)s::text[],
        %(parity)s, %(cost)s, %(metrics)s, %(git_revision)s, %(note)s, %(migrated)s,
        %(kind)s)
