select dbml._add_signature(%(name)s, %(version)s, %(public_key)s, %(signature)s) as public_key
