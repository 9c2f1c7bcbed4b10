select * from dbml.trusted_key order by added_at, public_key
