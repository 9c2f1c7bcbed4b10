select kind, artifact, sha256, signature, golden, plan::text as plan, libraries
  from dbml.model_version
 where model = %(name)s and version = %(version)s
