select * from dbml.compare(%(name)s, %(one)s, %(other)s)
