select v.model,
       v.version,
       (dbml._deployed(v.model)).version is not distinct from v.version as deployed
  from dbml.model_version v
 where v.engine = 'python'
   and not exists (
         select from dbml.version_signature s
           join dbml.trusted_key k on k.public_key = s.public_key
          where s.model = v.model and s.version = v.version and k.revoked_at is null)
 order by v.model, v.version
