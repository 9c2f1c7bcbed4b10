create or replace function dbml_scorer.{function}({parameters}) returns {returns}
language plpgsql
volatile
security invoker
as {body}
