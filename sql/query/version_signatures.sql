select s.public_key, s.signature, k.public_key is not null as known, k.revoked_at is not null as revoked,
       coalesce(k.owner, k.fingerprint) as owner
  from dbml.version_signature s
  left join dbml.trusted_key k on k.public_key = s.public_key
 where s.model = %(name)s and s.version = %(version)s
 order by s.signed_at, s.public_key
