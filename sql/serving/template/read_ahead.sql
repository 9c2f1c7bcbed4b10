create or replace function dbml_scorer.{function:I}(entity text[]) returns void
language plpgsql
stable
{rights:s}
set enable_seqscan = off
as {body:L}
