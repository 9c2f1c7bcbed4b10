create or replace function dbml_scorer.{function:I}() returns boolean
language sql
stable parallel safe
as {body:L}
