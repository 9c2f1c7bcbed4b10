create or replace function dbml_scorer.{function:I}({parameters:s}) returns {type:s}
language sql
stable parallel safe
as {body:L}
