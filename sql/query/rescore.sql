select dbml.rescore(%(name)s) as scored
