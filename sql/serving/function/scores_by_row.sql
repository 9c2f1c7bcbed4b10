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
