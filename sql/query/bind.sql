select dbml._bind(%(profile)s)
