select greatest(sum(c.reltuples), 0)::bigint as rows
  from pg_class c
 where c.oid = %(table)s::oid
    or c.oid in (select t.relid from pg_partition_tree(%(table)s::oid) t)
