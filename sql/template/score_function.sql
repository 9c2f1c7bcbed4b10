create or replace function dbml.score(model text, c {profile}) returns float8
language sql
stable parallel safe
as {body}
