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

create or replace function dbml._serving_state(model text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(model);
begin
  return (select string_agg(format('%s %s %s %s %s', s.arm, s.version, s.share, e.engine, e.chosen_at), ', ' order by s.arm, s.version)
            from (select v.arm, v.version, v.share from dbml.serving v where v.model = _serving_state.model
                   union all
                  select 'scorer', scorer.version, 100) s
            left join dbml.version_engine e on e.model = scorer.model and e.version = s.version);
end
$$;
comment on function dbml._serving_state(text) is
  'Who serves a model, and how, as one text: while it stays, a statement of _scores_statement() stays right.';

create or replace function dbml._scores_by_row(model text, relation regclass, names text[], types oid[]) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(model);
  keys text[] := dbml._scores_keys(scorer.model, relation, names);
  route record;
  inputs record;
  held_out text;
  versions text := '';
  scores text := '';
begin
  for route in select * from dbml._scores_routes(model, scorer, relation, names) loop
    inputs := dbml._scores_inputs(model, route.scorer, relation, names, types);
    if (route.scorer).engine <> 'sql' then
      return null;
    end if;
    held_out := route.held_out;
    versions := versions || dbml._branch(route.condition, (route.scorer).version::text);
    scores := scores || dbml._branch(route.condition, dbml._scores_by_sql(route.scorer, inputs.numbers, inputs.texts));
  end loop;
  scores := dbml._cases(scores);
  return format('%s, (%s)::integer, %s, null::jsonb', coalesce('array[' || array_to_string(keys, ', ') || ']', 'null::text[]'),
    dbml._cases(versions), coalesce('case when not (' || held_out || ') then ' || scores || ' end', scores));
end
$$;
comment on function dbml._scores_by_row(text, regclass, text[], oid[]) is
  'What scores() selects from its rows, named q, where SQL scores each by itself; NULL where a batch of them is scored.';

create or replace function dbml._scores_by_sql(scorer dbml.scorer, numbers text[], texts text[]) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('coalesce(%s, dbml._careful_or_null(%L, %s, %s))', dbml._filled(scorer.expression, numbers, texts),
           scorer.model, scorer.version, dbml._arrays(numbers, texts))
$$;
comment on function dbml._scores_by_sql(dbml.scorer, text[], text[]) is 'The SQL by which the engine sql scores a row for scores().';

-- Where several versions serve, the rows of a batch go to each in one call, and every row takes the answer of its own.
create or replace function dbml._scores_in_batches(
  model text, relation regclass, names text[], types oid[], out columns text, out definitions text, out scoring text
)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(model);
  keys text[] := dbml._scores_keys(scorer.model, relation, names);
  route record;
  inputs record;
  held_out text;
  arms text := '';
  versions text := '';
  -- What is read of each row for the versions, what that is called, and where the score is found.
  read text[] := '{}';
  called text[] := '{}';
  found text := '';
  calls text := '';
begin
  if (select count(*) = 1 and bool_and(s.held_out is null) from dbml._scores_routes(model, scorer, relation, names) s) then
    inputs := dbml._scores_inputs(model, scorer, relation, names, types);
    select q.columns, q.definitions, q.answering into columns, definitions, scoring
      from dbml._batch_query(keys, inputs.numbers, inputs.texts,
             format('dbml._score_rows(%L, %L, pg_catalog.count(*)::integer, %%s)::float8[]', scorer.fingerprint, scorer.engine),
             format('%s::integer, u.answer, null::jsonb', scorer.version)) q;
    return;
  end if;
  for route in select * from dbml._scores_routes(model, scorer, relation, names) loop
    inputs := dbml._scores_inputs(model, route.scorer, relation, names, types);
    held_out := route.held_out;
    arms := arms || dbml._branch(route.condition, route.place::text);
    versions := versions || dbml._branch(route.condition, (route.scorer).version::text);
    if (route.scorer).engine = 'sql' then
      read := read || dbml._cases(dbml._branch(route.condition, dbml._scores_by_sql(route.scorer, inputs.numbers, inputs.texts)));
      called := called || format('s%s float8', route.place);
      found := found || format(' when %s then o.s%1$s', route.place);
    else
      read := read || inputs.numbers || inputs.texts;
      called := called || array(select format('n%s_%s float8', route.place, i) from generate_subscripts(inputs.numbers, 1) i)
                       || array(select format('t%s_%s text', route.place, i) from generate_subscripts(inputs.texts, 1) i);
      found := found || format(' when %s then (a%1$s.scores)[o.own]', route.place);
      calls := calls || format(
        ' left join (select dbml._score_rows(%L, %L, pg_catalog.count(*)::integer, array[%s]::bytea[], array[%s]::text[])::float8[] as scores'
        ' from o where o.arm = %s) a%5$s on o.arm = %5$s',
        (route.scorer).fingerprint, (route.scorer).engine,
        coalesce(dbml._numbered(format('pg_catalog.string_agg(pg_catalog.float8send(coalesce(o.n%s_%%s, ''NaN'')), '''' order by o.own)', route.place), inputs.numbers), ''),
        coalesce(dbml._numbered(format('pg_catalog.array_agg(o.t%s_%%s order by o.own)', route.place), inputs.texts), ''),
        route.place);
    end if;
  end loop;
  columns := array_to_string(keys || dbml._cases(arms) || dbml._cases(versions) || coalesce(held_out, 'false') || read, ', ');
  definitions := concat_ws(', ', dbml._numbered('k%s text', keys), 'arm integer, version integer, held_out boolean', nullif(array_to_string(called, ', '), ''));
  scoring := format(
    'with f as materialized (select b.*, pg_catalog.row_number() over () as place from {rows}),'
    ' o as materialized (select f.*, pg_catalog.row_number() over (partition by f.arm order by f.place)::integer as own from f)'
    ' select %s, o.version, case when not o.held_out then case o.arm%s end end, null::jsonb from o%s order by o.place',
    coalesce('array[' || dbml._numbered('o.k%s', keys) || ']', 'null::text[]'), found, calls);
end
$$;
comment on function dbml._scores_in_batches(text, regclass, text[], oid[]) is
  'What is read of each row, named q, the columns'' definitions, and the query that scores {rows}, a batch of them named b.';

create or replace function dbml._branch(condition text, value text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(' when ' || condition || ' then ', ' else ') || value
$$;
comment on function dbml._branch(text, text) is 'A branch of a CASE; the last one has no condition.';

create or replace function dbml._cases(branches text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when branches like ' else %' then substr(branches, 7) else format('case%s end', branches) end
$$;
comment on function dbml._cases(text) is 'The CASE over branches, or the only one''s value.';

create or replace function dbml._batch_query(
  keys text[], numbers text[], texts text[], call text, says text, out columns text, out definitions text, out answering text
)
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  columns := coalesce(array_to_string(keys || numbers || texts, ', '), '');
  definitions := concat_ws(', ', dbml._numbered('k%s text', keys), dbml._numbered('n%s float8', numbers), dbml._numbered('t%s text', texts));
  answering := format(
    'select %s, %s'
    '  from (select %s %s as answers'
    '          from {rows}) a'
    '  cross join lateral rows from (%s pg_catalog.unnest(a.answers)) u(%s answer)',
    coalesce('array[' || dbml._numbered('u.k%s', keys) || ']', 'null::text[]'), says,
    coalesce(dbml._numbered('pg_catalog.array_agg(b.k%1$s) as k%1$s', keys) || ', ', ''),
    format(call, format('array[%s]::bytea[], array[%s]::text[]',
      coalesce(dbml._numbered('pg_catalog.string_agg(pg_catalog.float8send(coalesce(b.n%1$s, ''NaN'')), '''')', numbers), ''),
      coalesce(dbml._numbered('pg_catalog.array_agg(b.t%s)', texts), ''))),
    coalesce(dbml._numbered('pg_catalog.unnest(a.k%s)', keys) || ', ', ''),
    coalesce(dbml._numbered('k%s', keys) || ', ', ''));
end
$$;
comment on function dbml._batch_query(text[], text[], text[], text, text) is
  'As _scores_in_batches(), of rows that are handed as columns to any call, with what is said of each answer.';

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
