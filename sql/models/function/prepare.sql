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
  elsif engine = 'sql' and to_regprocedure(dbml._careful_scorer(model, version) || '(float8[], text[])') is null then
    -- The pinned search_path keeps it from being inlined: it is for the rare row.
    execute format(
      'create or replace function %s(numbers float8[], texts text[]) returns float8 language sql stable parallel safe '
      'security definer set search_path = pg_catalog, pg_temp as %L',
      dbml._careful_scorer(model, version),
      'select ' || dbml._filled(
        stored.careful_expression,
        array(select format('numbers[%s]', i) from generate_series(1, jsonb_array_length(stored.interface -> 'features')) i),
        array(select format('texts[%s]', i) from generate_series(1, jsonb_array_length(stored.interface -> 'features')) i)));
    execute format('comment on function %s(float8[], text[]) is %L', dbml._careful_scorer(model, version),
      format('Scores the rows that %s@%s cannot score by plain arithmetic.', model, version));
    execute format('grant execute on function %s(float8[], text[]) to dbml_analyst', dbml._careful_scorer(model, version));
  end if;
end
$$;
comment on function dbml._prepare(text, integer, text) is 'Checks a version''s signature, and makes what an engine needs in this server to score it.';

create or replace function dbml._careful_scorer(model text, version integer) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('dbml_scorer.%I', format('version_%s_%s', model, version))
$$;
comment on function dbml._careful_scorer(text, integer) is 'Name of the function that scores every row of a version, IEEE arithmetic and all.';
