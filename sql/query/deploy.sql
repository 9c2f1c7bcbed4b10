select dbml.deploy(%(name)s, %(version)s, %(note)s::text) as scored
