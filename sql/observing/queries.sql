-- name: forget
-- Erases what dbml has kept of one entity.
select dbml.forget(%(table)s::regclass, %(entity)s::text[]);

-- name: rotate_log
-- How many segments of the log were opened, indexed or dropped.
select count(*) filter (where r.act <> 'in use') from dbml.rotate_log(keep => %(keep)s::interval) r;

-- name: performance
-- How good the logged predictions of a model were.
select * from dbml.performance(%(name)s, %(by)s, coalesce(%(as_of)s::timestamptz, now()));
