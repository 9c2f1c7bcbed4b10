create or replace function dbml.score(model text, c {profile:s}) returns float8
language sql
stable parallel {safety:s}
as {body:L}
