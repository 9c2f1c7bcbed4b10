select dbml.trust_key(%(public_key)s, %(owner)s) as added
