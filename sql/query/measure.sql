select * from dbml._measure(%(name)s, %(version)s, %(engine)s)
