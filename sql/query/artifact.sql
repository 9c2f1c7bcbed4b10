select artifact from dbml.model_version where model = %(name)s and version = %(version)s
