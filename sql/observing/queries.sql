-- name: forget
-- Erases what dbml has kept of one entity.
select dbml.forget(%(table)s::regclass, %(entity)s::text[]);
