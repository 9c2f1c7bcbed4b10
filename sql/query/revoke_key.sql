select dbml.revoke_key(%(key)s) as owner
