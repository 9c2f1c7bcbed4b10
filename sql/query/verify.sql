select * from dbml.verify(%(name)s, %(version)s)
