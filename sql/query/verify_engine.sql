select * from dbml._verify(%(name)s, %(version)s, %(engine)s)
