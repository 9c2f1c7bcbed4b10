select dbml.rollback(%(name)s) as version
