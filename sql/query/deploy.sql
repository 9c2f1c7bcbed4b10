select dbml.deploy(%(name)s, %(version)s) as scored
