create or replace function dbml_scorer.{function:I}(c {profile:s}) returns float8
language sql
stable parallel {safety:s}
as {body:L}
