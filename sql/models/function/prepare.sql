-- What an engine needs before a version can be scored: made in the server, from data, where it is not there yet.
create or replace function dbml._prepare(model text, version integer, engine text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stored dbml.model_version;
begin
  select * into strict stored from dbml.model_version v where v.model = _prepare.model and v.version = _prepare.version;
  perform dbml._check_signature(model, version, engine);
  if engine = 'portable' and not exists (select from dbml.bytecode b where b.fingerprint = stored.fingerprint) then
    perform dbml._compile(stored.fingerprint);
  elsif engine = 'sql' then
    perform dbml._generate_version(model, version, stored.expression, stored.careful_expression, stored.interface);
  end if;
end
$$;
comment on function dbml._prepare(text, integer, text) is 'Checks a version''s signature, and makes what an engine needs in this server to score it.';

-- Two functions over loose values. The careful one is for the rare row, and its pinned search_path keeps it from being
-- inlined. The kept one is for single rows: PL/pgSQL keeps the plan of its expression for the session.
create or replace function dbml._generate_version(
  model text, version integer, expression text[], careful_expression text[], interface jsonb
) returns integer
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  with named as (
    select dbml._careful_scorer(model, version) as careful,
           dbml._kept_scorer(model, version) as kept,
           array(select format('numbers[%s]', i) from generate_series(1, jsonb_array_length(interface -> 'features')) i) as numbers,
           array(select format('texts[%s]', i) from generate_series(1, jsonb_array_length(interface -> 'features')) i) as texts
  )
  select dbml._generate_from(
           careful || '(float8[], text[])',
           'careful_scorer',
           jsonb_build_object(
             'function', careful,
             'body', format(E'\nselect %s\n', dbml._filled(careful_expression, numbers, texts))),
           format('Scores the rows that %s@%s cannot score by plain arithmetic.', model, version), true, false)
       + dbml._generate_from(
           kept || '(float8[], text[])',
           'kept_scorer',
           jsonb_build_object(
             'function', kept,
             'body', format(E'\n%s\n', dbml._fill(dbml._template('kept_body'), jsonb_build_object(
               'fast', dbml._filled(expression, numbers, texts), 'careful', careful)))),
           format('Scores loose values by %s@%s.', model, version), false, false)
    from named
$$;
comment on function dbml._generate_version(text, integer, text[], text[], jsonb) is
  'Makes the functions that score loose values by a version with the engine sql, unless they are there; returns how many it made.';

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
