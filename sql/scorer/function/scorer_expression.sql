-- Kept apart from what feeds it, so that a new engine is a new branch here and nothing else.
create or replace function dbml._scorer_call(version dbml.scorer, numbers text[], texts text[]) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case version.engine
    when 'sql' then format('coalesce(%s, %s)', dbml._filled(version.expression, numbers, texts),
                           dbml._careful_call(version, numbers, texts))
    when 'portable' then format('coalesce(dbml._score_known(%1$L, %2$s), dbml._score_portable(%1$L, %2$s))', version.fingerprint, dbml._arrays(numbers, texts))
    when 'python' then format('dbml._score_python(%L, %s)', version.fingerprint, dbml._arrays(numbers, texts))
  end
$$;
comment on function dbml._scorer_call(dbml.scorer, text[], text[]) is
  'The SQL expression by which a version scores: one SQL expression for each of its numbers and texts goes in.';

create or replace function dbml._careful_call(version dbml.scorer, numbers text[], texts text[]) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('%s(%s)', dbml._careful_scorer(version.model, version.version), dbml._arrays(numbers, texts))
$$;
comment on function dbml._careful_call(dbml.scorer, text[], text[]) is
  'The SQL expression by which the engine sql scores the rows that plain arithmetic cannot.';

create or replace function dbml._arrays(numbers text[], texts text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('array[%s]::float8[], array[%s]::text[]', array_to_string(numbers, ', '), array_to_string(texts, ', '))
$$;
comment on function dbml._arrays(text[], text[]) is 'Expressions of numbers and texts as the two arrays that scorers take.';

-- An expression is stored as SQL, input, SQL, input, … SQL, so that no text in it is ever mistaken for an input. n3 is
-- the fourth number as float8, r3 the same in its own type, t3 the fourth text.
create or replace function dbml._filled(expression text[], numbers text[], texts text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(
           case
             when i % 2 = 1 then part
             when part like 'n%' then numbers[substr(part, 2)::integer + 1]
             when part like 'r%' then regexp_replace(numbers[substr(part, 2)::integer + 1], '::float8$', '')
             else texts[substr(part, 2)::integer + 1]
           end, '' order by i)
    from unnest(expression) with ordinality u(part, i)
$$;
comment on function dbml._filled(text[], text[], text[]) is 'An expression of the engine sql with its inputs put in.';
