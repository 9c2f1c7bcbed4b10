-- name: take_duty
select dbml._take_duty(%(duty)s, %(worker)s, %(every)s, %(lease)s, %(early)s)

-- name: keep_duty
select dbml._keep_duty(%(duty)s, %(worker)s, %(lease)s, %(done)s, %(total)s)

-- name: end_duty
select dbml._end_duty(%(duty)s, %(worker)s, %(finished)s, %(done)s, %(error)s)
