select dbml._prepare(%(name)s, %(version)s, %(engine)s)
