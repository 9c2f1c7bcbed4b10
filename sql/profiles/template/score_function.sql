create or replace function dbml.score(model text, c {profile}) returns float8
language sql
stable parallel unsafe -- dbml._mark_parallel says when it is safe
as {body}
