select * from dbml.trusted_key where public_key = %(public_key)s
