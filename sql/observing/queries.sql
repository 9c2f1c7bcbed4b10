-- name: forget
-- Erases what dbml has kept of one entity.
select dbml.forget(%(table)s::regclass, %(entity)s::text[]);

-- name: rotate_log
-- How many segments of the log were opened, indexed or dropped.
select count(*) filter (where r.act <> 'in use') from dbml.rotate_log(keep => %(keep)s::interval) r;
