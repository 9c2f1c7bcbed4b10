select t.tgrelid::bigint as oid, t.tgname as name, t.tgenabled in ('O', 'A') as enabled
  from pg_trigger t
 where t.tgrelid = any (%(tables)s::oid[])
   and not t.tgisinternal
