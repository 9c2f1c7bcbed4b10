-- name: forget
-- Erases what dbml has kept of one entity.
select dbml.forget(%(table)s::regclass, %(entity)s::text[]);

-- name: rotate_log
-- How many segments of the log were opened, indexed or dropped.
select count(*) filter (where r.act <> 'in use') from dbml.rotate_log(keep => %(keep)s::interval) r;

-- name: performance
-- How good the logged predictions of a model were.
select * from dbml.performance(%(name)s, %(by)s, coalesce(%(as_of)s::timestamptz, now()));

-- name: drift
-- How far what a version sees and answers has moved from its reference.
select * from dbml.drift(%(name)s, %(window)s::interval, coalesce(%(as_of)s::timestamptz, now()), %(version)s::integer);

-- name: set_reference
-- What a version is compared with from now on.
select dbml.set_reference(%(name)s, %(since)s::timestamptz, coalesce(%(until)s::timestamptz, now()), %(version)s::integer);

-- name: set_threshold
-- A threshold of drift that somebody sets.
select dbml.set_threshold(%(name)s, %(feature)s, %(statistic)s, %(value)s::float8);

-- name: uncounted
-- Segments of the log that may have something to count.
select s as segment from dbml._uncounted() s;

-- name: count_segment
-- Counts what was committed to a segment of the log since it was counted last.
select dbml._count_segment(%(segment)s);
