select dbml.score(%(name)s, %(features)s) as score
