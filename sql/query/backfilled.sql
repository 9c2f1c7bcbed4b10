update dbml.profile set backfilled = %(reached)s::text[] where id = %(profile)s
