select * from dbml._rescore_batch(%(profile)s, %(name)s, %(after)s::text[], %(rows)s, %(every)s, %(stale)s)
