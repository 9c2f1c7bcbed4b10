create or replace function dbml_scorer.{function:I}(model text, c {profile:s}) returns {type:s}
language sql
stable parallel safe
as {body:L}
