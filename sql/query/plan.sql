select dbml._plan(%(name)s, %(version)s) as plan
