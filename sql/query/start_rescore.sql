select * from dbml._start_rescore(%(name)s, %(stale)s)
