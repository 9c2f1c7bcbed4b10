create or replace function dbml_scorer.{function:I}() returns integer
language sql
stable parallel safe
as {body:L}
