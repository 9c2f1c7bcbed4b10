create or replace function dbml_scorer.{function:I}() returns trigger
language plpgsql
volatile
{rights:s}
as {body:L}
