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
