select plan::text as plan from dbml.model_version where model = %(name)s and version = %(version)s
