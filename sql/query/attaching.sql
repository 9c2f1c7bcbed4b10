select p.complete, p.backfilled
  from dbml.profile p
 where p.id = %(profile)s
