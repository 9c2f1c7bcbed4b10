-- Kept apart from what feeds it, so that a new engine is a new branch here and nothing else.
create or replace function dbml._scorer_call(version dbml.model_version, numbers text, texts text) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case version.engine
    when 'python' then format('dbml._score_python(%L, %s, %s)', version.fingerprint, numbers, texts)
  end
$$;
comment on function dbml._scorer_call(dbml.model_version, text, text) is
  'The SQL expression by which a version scores feature arrays: numbers as float8[], texts as text[].';
