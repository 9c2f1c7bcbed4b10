-- What an engine needs before a version can be scored: made in the server, from data, where it is not there yet.
create or replace function dbml._prepare(model text, version integer, engine text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  stored dbml.model_version;
begin
  select * into strict stored from dbml.model_version v where v.model = _prepare.model and v.version = _prepare.version;
  perform dbml._check_signature(model, version, engine);
  if engine = 'portable' and not exists (select from dbml.bytecode b where b.fingerprint = stored.fingerprint) then
    perform dbml._compile(stored.fingerprint);
  elsif engine = 'sql' then
    perform dbml._generate_careful(model, version, stored.careful_expression, jsonb_array_length(stored.interface -> 'features'));
    perform dbml._generate_kept(model, version, stored.expression, jsonb_array_length(stored.interface -> 'features'));
  end if;
end
$$;
comment on function dbml._prepare(text, integer, text) is 'Checks a version''s signature, and makes what an engine needs in this server to score it.';

-- The pinned search_path keeps it from being inlined: it is for the rare row.
create or replace function dbml._generate_careful(model text, version integer, expression text[], features integer) returns integer
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._generate_from(
    format('%s(float8[], text[])', dbml._careful_scorer(model, version)),
    'careful_scorer',
    jsonb_build_object(
      'function', dbml._careful_scorer(model, version),
      'body', format(E'\nselect %s\n', dbml._filled(
        expression,
        array(select format('numbers[%s]', i) from generate_series(1, features) i),
        array(select format('texts[%s]', i) from generate_series(1, features) i)))),
    format('Scores the rows that %s@%s cannot score by plain arithmetic.', model, version), true, false)
$$;
comment on function dbml._generate_careful(text, integer, text[], integer) is
  'Makes the function that scores what plain arithmetic cannot, unless it is there; returns 1 where it did, and else 0.';

-- For single rows of loose values: PL/pgSQL keeps the plan of its expression for the session.
create or replace function dbml._generate_kept(model text, version integer, expression text[], features integer) returns integer
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._generate_from(
    format('%s(float8[], text[])', dbml._kept_scorer(model, version)),
    'kept_scorer',
    jsonb_build_object(
      'function', dbml._kept_scorer(model, version),
      'body', format(E'\n%s\n', dbml._fill(dbml._template('kept_body'), jsonb_build_object(
        'careful', dbml._careful_scorer(model, version),
        'fast', dbml._filled(
          expression,
          array(select format('numbers[%s]', i) from generate_series(1, features) i),
          array(select format('texts[%s]', i) from generate_series(1, features) i)))))),
    format('Scores loose values by %s@%s.', model, version), false, false)
$$;
comment on function dbml._generate_kept(text, integer, text[], integer) is
  'Makes the function that scores loose values by a version with the engine sql, unless it is there; returns 1 where it did, and else 0.';

create or replace function dbml._kept_scorer(model text, version integer) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('dbml_scorer.%I', format('version_%s_%s_kept', model, version))
$$;
comment on function dbml._kept_scorer(text, integer) is 'Name of the function that scores loose values by a version with the engine sql.';

create or replace function dbml._careful_scorer(model text, version integer) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('dbml_scorer.%I', format('version_%s_%s', model, version))
$$;
comment on function dbml._careful_scorer(text, integer) is 'Name of the function that scores every row of a version, IEEE arithmetic and all.';
