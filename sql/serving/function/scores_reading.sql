-- The SQL by which scores() reads its rows. Only names, types and expressions go in: no row is seen here.
create or replace function dbml._scores_reading(
  model text, relation regclass, names text[], types oid[], out columns text, out batch text
)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  rows_in_a_batch constant integer := 4096;
  batches record;
begin
  columns := dbml._scores_by_row(model, relation, names, types);
  if columns is null then
    batches := dbml._scores_in_batches(model, relation, names, types);
    columns := batches.columns;
    batch := replace(batches.scoring, '{rows}', format('dbml._fetch($1, %s) b(%s)', rows_in_a_batch, batches.definitions));
  end if;
end
$$;
comment on function dbml._scores_reading(text, regclass, text[], oid[]) is
  'What scores() selects from its rows, named q, and the query that scores a batch of them; no batch where SQL scores a row.';

-- What SQL scores needs no function of dbml: so whoever runs such a statement asks _serving_state() first, with the same rights.
create or replace function dbml._scores_statement(model text, relation regclass, names text[], types oid[], source text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  aliases text := dbml._numbered('c%s', names);
  columns text := dbml._scores_by_row(model, relation, names, types);
  batches record;
begin
  if columns is not null then
    return format(E'select %s from (%s\n) q(%s)', columns, source, aliases);
  end if;
  batches := dbml._scores_in_batches(model, relation, names, types);
  return replace(batches.scoring, '{rows}', format(E'(select %s from (%s\n) q(%s)) b(%s)',
    batches.columns, source, aliases, regexp_replace(batches.definitions, ' (text|float8|integer|boolean)', '', 'g')));
end
$$;
comment on function dbml._scores_statement(text, regclass, text[], oid[], text) is
  'The statement that scores the rows of a source as scores() does, for a program that prepares it.';

-- Who has a column of each feature at hand need not make rows of them, of which columns are made again.
create or replace function dbml._scores_of_columns(model text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(model);
  names text[] := array(select f.value ->> 'name' from jsonb_array_elements(scorer.interface -> 'features') with ordinality f order by f.ordinality);
  numbers text;
  texts text;
begin
  if scorer.engine = 'sql' or (select count(*) <> 1 or bool_or(s.held_out is not null) from dbml._scores_routes(model, scorer, null, names) s) then
    return null;
  end if;
  select string_agg(format('$%s::bytea', f.ordinality), ', ' order by f.ordinality) filter (where f.value ->> 'kind' <> 'text'),
         string_agg(format('$%s::text[]', f.ordinality), ', ' order by f.ordinality) filter (where f.value ->> 'kind' = 'text')
    into numbers, texts
    from jsonb_array_elements(scorer.interface -> 'features') with ordinality f;
  return format('select %s, u.answer from unnest(dbml._score_rows(%L, %L, $%s::integer, array[%s]::bytea[], array[%s]::text[])::float8[]) u(answer)',
    scorer.version, scorer.fingerprint, scorer.engine, cardinality(names) + 1, numbers, texts);
end
$$;
comment on function dbml._scores_of_columns(text) is
  'The statement that scores rows whose features are its parameters: of a number the float8send of each row in turn, of a text an array; then how many rows there are. NULL where not all rows are scored together by one version.';

create or replace function dbml._scores_keys(model text, relation regclass, names text[]) returns text[]
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select array_agg(format('q.c%s::text', array_position(names, k)) order by i)
    from unnest(dbml._key_of_rows(model, relation, names)) with ordinality u(k, i)
$$;
comment on function dbml._scores_keys(text, regclass, text[]) is 'The key of rows named q, each column as a text; NULL where they have none.';
