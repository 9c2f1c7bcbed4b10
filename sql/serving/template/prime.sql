create or replace function dbml_scorer.{function:I}(batch {profile:s}[]) returns void
language plpgsql
stable
{rights:s}
as {body:L}
