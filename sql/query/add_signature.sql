insert into dbml.version_signature (model, version, public_key, signature)
values (%(name)s, %(version)s, %(public_key)s, %(signature)s)
on conflict do nothing
returning public_key
