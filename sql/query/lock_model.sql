select pg_advisory_xact_lock(hashtextextended('dbml.model ' || %(name)s, 0))
