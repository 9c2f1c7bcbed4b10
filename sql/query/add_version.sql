select dbml._add_version(
         model => %(name)s, version => %(version)s, engine => %(engine)s, fingerprint => %(fingerprint)s,
         sha256 => %(sha256)s, signature => %(signature)s, golden => %(golden)s, libraries => %(libraries)s,
         training_summary => %(training_summary)s, artifact => %(artifact)s, plan => %(plan)s,
         expression => %(expression)s::text[], careful_expression => %(careful_expression)s::text[],
         parity => %(parity)s, cost => %(cost)s, metrics => %(metrics)s, git_revision => %(git_revision)s,
         note => %(note)s, migrated => %(migrated)s, kind => %(kind)s) as added
