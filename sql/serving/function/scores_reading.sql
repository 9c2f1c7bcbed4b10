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

-- A service asks for it with each request: so it looks at what a deployment and a strategy change, and not at what comes of it.
create or replace function dbml._serving_state(model text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  named text[];
  name text := model;
  asked integer;
  newest record;
  arms integer[];
  state text;
begin
  select l.id, l.version into newest from dbml.deployment l where l.model = name order by l.id desc limit 1;
  asked := newest.version;
  if asked is null then
    named := regexp_match(model, '^(.*)@([^@]+)$');
    name := named[1];
    select l.id, l.version into newest from dbml.deployment l where l.model = name order by l.id desc limit 1;
    asked := case when named[2] ~ '^[0-9]{1,9}$' then named[2]::integer
                  when named[2] = 'control' then newest.version
                  else (select a.version from dbml.arm a where a.model = name and a.arm = named[2]) end;
  end if;
  arms := array(select a.version from dbml.arm a where a.model = name);
  state := (select string_agg(concat_ws(' ', e.version, e.engine, e.chosen_at), ', ' order by e.version)
              from dbml.version_engine e
             where e.model = name and e.version = any (arms || newest.version || asked)
            having bool_or(e.version = asked));
  if state is null then
    -- Says what is not there.
    perform dbml._scorer_named(model);
  end if;
  if arms <> '{}' then
    state := concat_ws('; ', state,
      (select string_agg(concat_ws(' ', a.arm, a.version), ', ' order by a.arm) from dbml.arm a where a.model = name),
      (select string_agg(concat_ws(' ', l.bucket, l.arm), ', ' order by l.bucket) from dbml.allocation l where l.model = name));
  end if;
  return concat_ws('; ', newest.id, state);
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
  wanted jsonb := dbml._scores_outputs(model, scorer, relation);
  route record;
  answering dbml.scorer;
  inputs record;
  held_out text;
  score text;
  versions text := '';
  scores text := '';
  outputs text := '';
begin
  for route in select * from dbml._scores_routes(model, scorer, relation, names) loop
    inputs := dbml._scores_inputs(model, route.scorer, relation, names, types);
    answering := dbml._scores_answering(route.scorer, wanted);
    if answering.engine <> 'sql' then
      return null;
    end if;
    held_out := route.held_out;
    versions := versions || dbml._branch(route.condition, (route.scorer).version::text);
    score := dbml._scores_by_sql(route.scorer, inputs.numbers, inputs.texts);
    scores := scores || dbml._branch(route.condition, score);
    if wanted is not null then
      outputs := outputs || dbml._branch(route.condition, format('case when %s is not null then %s end', score,
        dbml._outputs_object(route.scorer, wanted, dbml._outputs_call(answering, inputs.numbers, inputs.texts))));
    end if;
  end loop;
  scores := dbml._cases(scores);
  outputs := case when wanted is null then 'null::jsonb' else dbml._cases(outputs) end;
  return format('%s, (%s)::integer, %s, %s', coalesce('array[' || array_to_string(keys, ', ') || ']', 'null::text[]'),
    dbml._cases(versions), coalesce('case when not (' || held_out || ') then ' || scores || ' end', scores),
    coalesce('case when not (' || held_out || ') then ' || outputs || ' end', outputs));
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
  select format('coalesce(%s, dbml._careful_or_null(%L, %s, %s))', dbml._filled(dbml._by_cases(scorer.expression, texts), numbers, texts),
           scorer.model, scorer.version, dbml._arrays(numbers, texts))
$$;
comment on function dbml._scores_by_sql(dbml.scorer, text[], text[]) is 'The SQL by which the engine sql scores a row for scores().';

-- A trigger prepares its expression in every transaction, and an array is one operation; a scan prepares it once, and then a
-- CASE of a few words takes a third of the time.
create or replace function dbml._by_cases(expression text[], texts text[]) returns text[]
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant integer := 20;
  literal constant text := $re$E?'(?:[^'\\]|''|\\\\)*'$re$;
  -- What stands before a text and behind it where it is looked up; a literal has no end of its own there.
  head constant text := $re$coalesce\(\('(\{[^'{}]*\})'::float8\[\]\)\[array_position\(array\[((?:%1$s, )*%1$s)\]::text\[\], \(\Z$re$;
  tail constant text := $re$^\) collate "C"\)\], ('[^']*'::float8)\)$re$;
  before text[];
  behind text[];
  words text[];
  asked text;
begin
  for i in 2 .. cardinality(expression) - 1 by 2 loop
    before := regexp_match(expression[i - 1], format(head, literal));
    behind := regexp_match(expression[i + 1], tail);
    words := array(select m[1] from regexp_matches(before[2], format('(%s)', literal), 'g') m);
    asked := case when expression[i] like 't%' then texts[substr(expression[i], 2)::integer + 1] end;
    -- An expression would be computed once for every word.
    continue when before is null or behind is null or asked is null or asked !~ '^q\.c[0-9]+::text$'
               or cardinality(words) > most or cardinality(words) <> cardinality(before[1]::text[]);
    expression[i - 1] := regexp_replace(expression[i - 1], format(head, literal), '(case when (');
    -- CASE of a value would be shorter, and take longer.
    expression[i + 1] := (
      select string_agg(format(') collate pg_catalog."C" operator(pg_catalog.=) %s then %L::pg_catalog.float8', w.word, w.value), ' when (' || asked order by w.i)
        from unnest(words, before[1]::text[]) with ordinality w(word, value, i))
      || format(' else %s end)', behind[1]) || regexp_replace(expression[i + 1], tail, '');
  end loop;
  return expression;
end
$$;
comment on function dbml._by_cases(text[], text[]) is
  'An expression of the engine sql over rows named q, for a scan: what a text of theirs is worth is told by CASE.';

-- Who names a version asks for that version's score: what the spec of a profile asks for, the version may not have.
create or replace function dbml._scores_outputs(model text, scorer dbml.scorer, relation regclass) returns jsonb
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select nullif(r.outputs - r.column_name::text, '{}')
    from dbml.prediction r
    join dbml.profile p on p.id = r.profile
   where r.model = scorer.model and scorer.model = _scores_outputs.model
   order by p.relation is not distinct from _scores_outputs.relation desc, p.id
   limit 1
$$;
comment on function dbml._scores_outputs(text, dbml.scorer, regclass) is
  'The columns and answers beside the score that a profile asks for, which scores() returns too; NULL where there are none.';

create or replace function dbml._scores_answering(scorer dbml.scorer, wanted jsonb) returns dbml.scorer
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select (case when wanted is null then scorer else dbml._outputs_scorer(scorer) end).*
$$;
comment on function dbml._scores_answering(dbml.scorer, jsonb) is 'By what scores() has the answers of a version: all that there are where some beside the score are wanted.';

create or replace function dbml._outputs_object(version dbml.scorer, wanted jsonb, answers text) returns text
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('(select pg_catalog.jsonb_build_object(%s) from (select %s as answers offset 0) a)',
           string_agg(format('%L, %s', o.key, dbml._output(version, o.value, 'a.answers')), ', ' order by o.key), answers)
    from jsonb_each(wanted) o
  having count(*) > 0
$$;
comment on function dbml._outputs_object(dbml.scorer, jsonb, text) is
  'SQL for the wanted answers of a row by the names of their columns, given the SQL for all answers; NULL where none are wanted.';

create or replace function dbml._answers_of_rows(answering dbml.scorer, answer text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when answering.fingerprint like '%#' then format('%s::pg_catalog.float8[]', answer) else format('array[%s]::pg_catalog.float8[]', answer) end
$$;
comment on function dbml._answers_of_rows(dbml.scorer, text) is 'SQL for all answers of a row, given that for what _score_rows() says of it.';

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
  wanted jsonb := dbml._scores_outputs(model, scorer, relation);
  route record;
  answering dbml.scorer;
  inputs record;
  held_out text;
  arms text := '';
  versions text := '';
  -- What is read of each row for the versions, what that is called, and where the score is found.
  read text[] := '{}';
  called text[] := '{}';
  found text := '';
  outputs text := '';
  calls text := '';
  type text;
  object text;
  coded record;
  call text;
begin
  if (select count(*) = 1 and bool_and(s.held_out is null) from dbml._scores_routes(model, scorer, relation, names) s) then
    inputs := dbml._scores_inputs(model, scorer, relation, names, types);
    answering := dbml._scores_answering(scorer, wanted);
    call := format('dbml._score_rows(%L, %L, pg_catalog.count(*)::integer, %%s)', answering.fingerprint, answering.engine);
    if answering.engine = 'portable' then
      coded := dbml._as_codes(dbml._words(answering.fingerprint), inputs.texts);
      if coded.codes <> '{}' then
        inputs.numbers := inputs.numbers || coded.codes;
        inputs.texts := coded.plain;
        call := format('dbml._score_coded(%L, %L, %s, pg_catalog.count(*)::integer, %%s)',
          answering.fingerprint, answering.engine, replace(quote_literal(coded.words), '%', '%%'));
      end if;
    end if;
    type := case when answering.fingerprint like '%#' then 'text' else 'float8' end;
    object := dbml._outputs_object(scorer, wanted, dbml._answers_of_rows(answering, 'u.answer'));
    select q.columns, q.definitions, q.answering into columns, definitions, scoring
      from dbml._batch_query(keys, inputs.numbers, inputs.texts,
             call || format('::%s[]', type),
             format('%s::integer, %s, %s', scorer.version,
               case type when 'text' then '(u.answer::pg_catalog.float8[])[1]' else 'u.answer' end,
               coalesce('case when u.answer is not null then ' || object || ' end', 'null::jsonb'))) q;
    return;
  end if;
  for route in select * from dbml._scores_routes(model, scorer, relation, names) loop
    inputs := dbml._scores_inputs(model, route.scorer, relation, names, types);
    held_out := route.held_out;
    arms := arms || dbml._branch(route.condition, route.place::text);
    versions := versions || dbml._branch(route.condition, (route.scorer).version::text);
    answering := dbml._scores_answering(route.scorer, wanted);
    if answering.engine = 'sql' then
      object := dbml._scores_by_sql(route.scorer, inputs.numbers, inputs.texts);
      read := read || dbml._cases(dbml._branch(route.condition, object));
      called := called || format('s%s float8', route.place);
      found := found || format(' when %s then o.s%1$s', route.place);
      if wanted is not null then
        read := read || dbml._cases(dbml._branch(route.condition, format('case when %s is not null then (%s)::text end', object,
          dbml._outputs_object(route.scorer, wanted, dbml._outputs_call(answering, inputs.numbers, inputs.texts)))));
        called := called || format('o%s text', route.place);
        outputs := outputs || format(' when %s then o.o%1$s::jsonb', route.place);
      end if;
    else
      read := read || inputs.numbers || inputs.texts;
      called := called || array(select format('n%s_%s float8', route.place, i) from generate_subscripts(inputs.numbers, 1) i)
                       || array(select format('t%s_%s text', route.place, i) from generate_subscripts(inputs.texts, 1) i);
      type := case when answering.fingerprint like '%#' then 'text' else 'float8' end;
      object := format('(a%s.scores)[o.own]', route.place);
      found := found || format(' when %s then %s', route.place,
        case type when 'text' then format('(%s::pg_catalog.float8[])[1]', object) else object end);
      if wanted is not null then
        outputs := outputs || format(' when %s then case when %s is not null then %s end', route.place, object,
          dbml._outputs_object(route.scorer, wanted, dbml._answers_of_rows(answering, object)));
      end if;
      calls := calls || format(
        ' left join (select dbml._score_rows(%L, %L, pg_catalog.count(*)::integer, %s)::%s[] as scores'
        ' from o where o.arm = %s) a%5$s on o.arm = %5$s',
        answering.fingerprint, answering.engine,
        dbml._as_columns(string_to_array(dbml._numbered(format('o.n%s_%%s', route.place), inputs.numbers), ', '),
                         string_to_array(dbml._numbered(format('o.t%s_%%s', route.place), inputs.texts), ', '), ' order by o.own'),
        type, route.place);
    end if;
  end loop;
  columns := array_to_string(keys || dbml._cases(arms) || dbml._cases(versions) || coalesce(held_out, 'false') || read, ', ');
  definitions := concat_ws(', ', dbml._numbered('k%s text', keys), 'arm integer, version integer, held_out boolean', nullif(array_to_string(called, ', '), ''));
  scoring := format(
    'with f as materialized (select b.*, pg_catalog.row_number() over () as place from {rows}),'
    ' o as materialized (select f.*, pg_catalog.row_number() over (partition by f.arm order by f.place)::integer as own from f)'
    ' select %s, o.version, case when not o.held_out then case o.arm%s end end, %s from o%s order by o.place',
    coalesce('array[' || dbml._numbered('o.k%s', keys) || ']', 'null::text[]'), found,
    case outputs when '' then 'null::jsonb' else format('case when not o.held_out then case o.arm%s end end', outputs) end, calls);
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

create or replace function dbml._as_columns(numbers text[], texts text[], sorted text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('array[%s]::bytea[], array[%s]::text[]',
    coalesce((select string_agg(format('pg_catalog.string_agg(pg_catalog.float8send(coalesce(%s, ''NaN'')), ''''%s)', n, sorted), ', ' order by i)
                from unnest(numbers) with ordinality u(n, i)), ''),
    coalesce((select string_agg(format('pg_catalog.array_agg(%s%s)', t, sorted), ', ' order by i) from unnest(texts) with ordinality u(t, i)), ''))
$$;
comment on function dbml._as_columns(text[], text[], text) is
  'Aggregates that hand rows to PL/Python as columns, numbers as bytes and then texts; the last parameter is a clause that says in which order.';

create or replace function dbml._by_batches(call text, numbers text[], texts text[], named text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'select b.batch * 4096 + a.i - 1 as n, a.answer as %s'
    '  from (select d.n / 4096 as batch, %s as answers from due d group by 1) b'
    ' cross join lateral unnest(b.answers) with ordinality a(answer, i)',
    named, format(call, dbml._as_columns(numbers, texts, ' order by d.n')))
$$;
comment on function dbml._by_batches(text, text[], text[], text) is
  'A query that calls a function in PL/Python on rows of a relation "due", whose n numbers them from 0, in batches; its answers have these numbers.';

-- A text costs more to hand over than to compare. A code is 0 for NULL, 1 for another text, and from 2 the words.
create or replace function dbml._as_codes(
  known json, texts text[], out words text, out codes text[], out plain text[]
)
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant numeric := 9007199254740992; -- what doubles can tell apart
  product numeric := most;
  found jsonb := '[]';
  size integer;
begin
  codes := '{}';
  plain := '{}';
  for i in 1 .. cardinality(texts) loop
    -- An expression would be computed once for every word.
    if json_typeof(known -> i - 1) is distinct from 'array' or texts[i] !~ '^q\.c[0-9]+::text$' then
      plain := plain || texts[i];
      found := found || '[null]'::jsonb;
      continue;
    end if;
    found := found || jsonb_build_array(known -> i - 1);
    size := json_array_length(known -> i - 1) + 2;
    product := product * size;
    if product > most then
      codes := codes || ''::text;
      product := size;
    end if;
    codes[cardinality(codes)] := concat_ws(' operator(pg_catalog.+) ', nullif(codes[cardinality(codes)], ''), (
      select format('case%s when %s is null then 0 else %L::pg_catalog.float8 end',
               string_agg(format(' when (%s) collate pg_catalog."C" operator(pg_catalog.=) %L then %L::pg_catalog.float8',
                 texts[i], w.word, (w.n + 1) * (product / size)::bigint), '' order by w.n),
               texts[i], (product / size)::bigint)
        from json_array_elements_text(known -> i - 1) with ordinality w(word, n)));
  end loop;
  words := found::text;
end
$$;
comment on function dbml._as_codes(json, text[]) is
  'Texts of rows named q as codes, several in a number, for _score_coded(); given what _words() knows of each. The others stay as they are.';

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
    format(call, dbml._as_columns(string_to_array(dbml._numbered('b.n%s', numbers), ', '), string_to_array(dbml._numbered('b.t%s', texts), ', '), '')),
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
