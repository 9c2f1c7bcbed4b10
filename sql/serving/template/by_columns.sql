create or replace function dbml_scorer.{function:s}(model text, columns jsonb) returns float8
language plpgsql
stable parallel {safety:s}
security invoker
as {body:L}
