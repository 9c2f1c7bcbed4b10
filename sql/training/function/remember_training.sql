create or replace function dbml._remember_training(model text, version integer, made jsonb) returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  insert into dbml.training (model, version, recipe, as_of, horizon, rows, first_at, last_at, sha256, libraries, candidates)
  select _remember_training.model, _remember_training.version, m.recipe, m.as_of, m.horizon, m.rows, m.first_at, m.last_at, m.sha256, m.libraries, m.candidates
    from jsonb_to_record(made) as m(recipe jsonb, as_of timestamptz, horizon interval, rows bigint, first_at timestamptz, last_at timestamptz, sha256 text, libraries jsonb, candidates jsonb)
  on conflict do nothing
$$;
comment on function dbml._remember_training(text, integer, jsonb) is 'Keeps how a version was made, and of what.';

create or replace function dbml._training(model text) returns setof dbml.training
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select * from dbml.training t where t.model = _training.model order by t.version
$$;
comment on function dbml._training(text) is 'How the versions of a model were made that dbml has trained.';
