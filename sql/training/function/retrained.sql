create or replace function dbml._retrained(model text, because text, version integer, verdict text) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.retraining as r (model, because, version, verdict)
  values (_retrained.model, _retrained.because, _retrained.version, _retrained.verdict)
  on conflict on constraint retraining_pkey do update
     set (because, version, verdict, tried_at) = row(excluded.because, excluded.version, excluded.verdict, now())
$$;
comment on function dbml._retrained(text, text, integer, text) is 'Notes that a model was made anew because it was due, and what came of it.';

create or replace function dbml._retraining(model text) returns setof dbml.retraining
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select r.* from dbml.retraining r where r.model = _retraining.model
$$;
comment on function dbml._retraining(text) is 'When a model was last made anew because it was due.';
