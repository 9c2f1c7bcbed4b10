-- All answers of a version are one array: the score, then what the interface's "answers" tells of: of a classifier the
-- place of the predicted class, from 0, and each class's probability; of a regressor the value of each target.
create or replace function dbml._add_outputs(
  model text, version integer, fingerprint text, plan text, expression text[], careful_expression text[], golden jsonb
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  features jsonb := (select v.interface -> 'features' from dbml.model_version v
                      where v.model = _add_outputs.model and v.version = _add_outputs.version);
  texts integer := (select count(*) from jsonb_array_elements(features) f where f ->> 'kind' = 'text');
  numbers integer := jsonb_array_length(features) - texts;
begin
  if fingerprint !~ '^[0-9a-f]{64}-[0-9a-f]{16}#$' or features is null
     or exists (select from dbml.version_output o where o.model = _add_outputs.model and o.version = _add_outputs.version)
     -- Sessions know plans by their fingerprints alone.
     or exists (select from dbml.version_output o where o.fingerprint = _add_outputs.fingerprint and o.plan::text <> _add_outputs.plan::json::text)
     or octet_length(plan) + coalesce(octet_length(array_to_string(expression || careful_expression, '')), 0) > (select l.plan from dbml._limits() l) then
    raise exception 'the outputs of %@% are not what dbml writes', model, version
      using errcode = 'DB003', hint = 'dbml model add stores them with the version.';
  end if;
  insert into dbml.version_output (model, version, fingerprint, plan, expression, careful_expression, golden)
  values (_add_outputs.model, _add_outputs.version, _add_outputs.fingerprint, _add_outputs.plan::json,
          case when expression is not null then dbml._checked_expression(expression, numbers, texts) end,
          case when expression is not null then dbml._checked_expression(careful_expression, numbers, texts) end,
          _add_outputs.golden);
end
$$;
comment on function dbml._add_outputs(text, integer, text, text, text[], text[], jsonb) is
  'Stores what a version answers beside its score.';

-- The same record that scores: its engine is the one that gives all answers, and its fingerprint and expression are theirs.
create or replace function dbml._outputs_scorer(version dbml.scorer) returns dbml.scorer
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  stored dbml.version_output;
begin
  if version.interface -> 'answers' is null then
    return version;
  end if;
  if version.engine = 'python' then
    version.fingerprint := version.fingerprint || '#';
    return version;
  end if;
  select o.* into stored from dbml.version_output o where o.model = version.model and o.version = version.version;
  if stored.model is null then
    raise exception '%@% gives nothing but its score on the engine %', version.model, version.version, version.engine
      using errcode = 'DB009', hint = format('dbml model add %s FILE --engine python adds it for the estimator itself.', version.model);
  end if;
  version.fingerprint := stored.fingerprint;
  version.expression := stored.expression;
  if version.expression is null and to_regprocedure('dbml._run_outputs(text, float8[], text[])') is null then
    raise exception '%@% gives nothing but its score without PL/Python', version.model, version.version
      using errcode = 'DB001', hint = 'dbml doctor names the package to install; then run dbml install again.';
  end if;
  version.engine := case when version.engine = 'sql' and version.expression is not null then 'sql' else 'portable' end;
  return version;
end
$$;
comment on function dbml._outputs_scorer(dbml.scorer) is 'What it takes to have all answers of a version, and not its score alone.';

create or replace function dbml._careful_outputs(model text, version integer) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('dbml_scorer.%I', format('version_%s_%s_outputs', model, version))
$$;
comment on function dbml._careful_outputs(text, integer) is 'Name of the function that gives all answers for every row of a version, IEEE arithmetic and all.';

-- Made where a prediction first asks for them: most versions are asked for a score alone.
create or replace function dbml._prepare_outputs(model text, version integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  wanted dbml.scorer := dbml._outputs_scorer(dbml._scorer(model, version));
  stored dbml.version_output;
  made boolean := false;
  features integer := jsonb_array_length(wanted.interface -> 'features');
  words integer := (select count(*) from jsonb_array_elements(wanted.interface -> 'features') f where f ->> 'kind' = 'text');
  differing integer;
begin
  if wanted.interface -> 'answers' is null or wanted.engine = 'python' then
    return;
  end if;
  select o.* into strict stored from dbml.version_output o where o.model = _prepare_outputs.model and o.version = _prepare_outputs.version;
  if wanted.engine = 'sql' then
    made := dbml._generate_from(
      format('%s(float8[], text[])', dbml._careful_outputs(model, version)),
      'careful_outputs',
      jsonb_build_object(
        'function', dbml._careful_outputs(model, version),
        'body', format(E'\nselect %s\n', dbml._filled(
          stored.careful_expression,
          array(select format('numbers[%s]', i) from generate_series(1, features) i),
          array(select format('texts[%s]', i) from generate_series(1, features) i)))),
      format('All answers for the rows that %s@%s cannot score by plain arithmetic.', model, version), true, false) > 0;
  elsif not exists (select from dbml.bytecode b where b.fingerprint = stored.fingerprint) then
    perform dbml._compile(stored.fingerprint);
    made := true;
  end if;
  if made then
    execute format(
      'select count(*) from ('
      '  select %s as answers, g.place from dbml._golden_rows($1, $2) g where not g.hurtful offset 0) a'
      ' where exists ('
      '  select from jsonb_array_elements_text($3 -> a.place) with ordinality e(expected, i)'
      '   where not dbml._agrees(e.expected::float8, a.answers[e.i]))',
      dbml._outputs_call(wanted,
        array(select format('g.numbers[%s]', i) from generate_series(1, features - words) i),
        array(select format('g.texts[%s]', i) from generate_series(1, words) i)))
      into differing using model, version, stored.golden;
    if differing > 0 then
      raise exception '%@% answers % of its golden rows differently inside the server', model, version, differing
        using errcode = 'DB007', hint = format('dbml model add %s FILE --engine python adds it for the estimator itself.', model);
    end if;
  end if;
end
$$;
comment on function dbml._prepare_outputs(text, integer) is
  'Makes what a version''s engine needs to give all answers, and compares them with the estimator''s own, unless it was done.';

create or replace function dbml._outputs_call(version dbml.scorer, numbers text[], texts text[]) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
    when version.interface -> 'answers' is null then format('array[%s]::float8[]', dbml._scorer_call(version, numbers, texts))
    when version.engine = 'sql' then format('case when (%1$s)[1] is null then %2$s(%3$s) else %1$s end',
      dbml._filled(version.expression, numbers, texts),
      dbml._careful_outputs(version.model, version.version), dbml._arrays(numbers, texts))
    else format('dbml._score_outputs(%L, %L, %s)', version.fingerprint, version.engine, dbml._arrays(numbers, texts))
  end
$$;
comment on function dbml._outputs_call(dbml.scorer, text[], text[]) is
  'The SQL expression by which a query has all answers, given what _outputs_scorer says.';

create or replace function dbml._output(version dbml.scorer, wanted jsonb, answers text) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  output text := coalesce(wanted ->> 'output', 'score');
  called text := version.model || '@' || version.version;
  score jsonb := version.interface -> 'output';
  kinds jsonb := version.interface -> 'answers';
  task text := version.interface ->> 'task';
  labels text[] := array(select l from jsonb_array_elements_text(kinds -> 'classes') with ordinality u(l, i) order by i);
  targets text[] := array(select l from jsonb_array_elements_text(kinds -> 'targets') with ordinality u(l, i) order by i);
  chances boolean := coalesce((kinds ->> 'probabilities')::boolean, false);
  place integer := array_position(case when labels <> '{}' then labels else targets end, wanted ->> 'of');
  found text;
begin
  if wanted ->> 'of' is not null and place is null then
    raise exception '% has no % %', called, case when labels <> '{}' then 'class' else 'target' end, quote_ident(wanted ->> 'of')
      using errcode = 'DB009', hint = format('It has %s.', coalesce(nullif(array_to_string(labels || targets, ', '), ''), 'none'));
  end if;
  if task = 'classifier' and kinds is null and output <> 'score' and not (output = 'probability' and wanted ->> 'of' is null) then
    raise exception '% was added before dbml knew of other answers than the score', called
      using errcode = 'DB009', hint = format('Add its file again, dbml model add %s FILE, and deploy the new version.', version.model);
  end if;
  found := case output
    when 'score' then format('%s[1]', answers)
    when 'probability' then case
      when place is not null and chances then format('%s[%s]', answers, place + 2)
      when place is null and score ->> 'kind' = 'probability' then format('%s[1]', answers) end
    when 'probabilities' then case when chances then format('%s[3:%s]', answers, cardinality(labels) + 2) end
    when 'label' then case
      when labels <> '{}' then format('(%L::text[])[%s[2]::integer + 1]', labels, answers)
      when task = 'outlier' then format('%s[1]::integer::text', answers) end
    when 'decision' then case
      when labels <> '{}' and score ? 'label' then format('(%s[2] = %s::float8)', answers, array_position(labels, score ->> 'label') - 1)
      when task = 'outlier' then format('(%s[1] < 0::float8)', answers) end
    when 'value' then case
      when targets <> '{}' and place is not null then format('%s[%s]', answers, place + 1)
      when labels <> '{}' and jsonb_typeof(kinds -> 'classes' -> 0) = 'number' then format('(%L::float8[])[%s[2]::integer + 1]', labels, answers)
      when task <> 'classifier' then format('%s[1]', answers) end
    when 'values' then case
      when targets <> '{}' then format('%s[2:%s]', answers, cardinality(targets) + 1)
      when task <> 'classifier' then format('array[%s[1]]', answers) end
  end;
  if found is null then
    raise exception '% has no output %', called, quote_ident(output)
      using errcode = 'DB009', hint = format('It is a %s%s: see docs/spec.md for the outputs of each kind.', task,
        case when kinds ? 'probabilities' and not chances then ' without predict_proba' else '' end);
  end if;
  return found;
end
$$;
comment on function dbml._output(dbml.scorer, jsonb, text) is 'The SQL expression for one answer, given the SQL of all of them.';

create or replace function dbml.outputs(model text, features jsonb) returns jsonb
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  deployed dbml.scorer := dbml._scorer_named(model);
  wanted dbml.scorer := dbml._outputs_scorer(deployed);
  inputs record := dbml._loose_inputs(deployed, model, features);
  answers float8[];
  kinds jsonb := deployed.interface -> 'answers';
  numbers text[] := array(select format('$1[%s]', i) from generate_series(1, cardinality(inputs.numbers)) i);
  texts text[] := array(select format('$2[%s]', i) from generate_series(1, cardinality(inputs.texts)) i);
  -- The function that _outputs_call falls back to is there only where a prediction asks for more than the score.
  careful text := (select dbml._filled(o.careful_expression, numbers, texts) from dbml.version_output o
                    where o.model = wanted.model and o.version = wanted.version and wanted.engine = 'sql' and kinds is not null);
  found jsonb;
begin
  execute 'select ' || coalesce(careful, dbml._outputs_call(wanted, numbers, texts)) into answers using inputs.numbers, inputs.texts;
  found := jsonb_build_object('score', answers[1]);
  if kinds ? 'classes' then
    found := found || jsonb_build_object('label', kinds -> 'classes' -> answers[2]::integer);
    if (kinds ->> 'probabilities')::boolean then
      found := found || jsonb_build_object('probabilities', (
        select jsonb_object_agg(c.label, answers[c.i + 2]) from jsonb_array_elements_text(kinds -> 'classes') with ordinality c(label, i)));
    end if;
  elsif kinds ? 'targets' then
    found := found || jsonb_build_object('values', to_jsonb(answers[2:]));
  end if;
  return found;
end
$$;
comment on function dbml.outputs(text, jsonb) is
  'All that the deployed version answers of loose feature values: its score, and a classifier''s label and probabilities.';

create or replace function dbml._same_output(expected jsonb, held jsonb) returns boolean
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(case jsonb_typeof(expected)
    when 'number' then jsonb_typeof(held) = 'number' and dbml._agrees((expected #>> '{}')::float8, (held #>> '{}')::float8)
    when 'array' then jsonb_typeof(held) = 'array' and jsonb_array_length(held) = jsonb_array_length(expected)
      and not exists (select from jsonb_array_elements(expected) with ordinality e(item, i)
                       where not dbml._same_output(e.item, held -> (e.i::integer - 1)))
    else expected = held end, false)
$$;
comment on function dbml._same_output(jsonb, jsonb) is 'Whether a column holds an answer: numbers as scores are compared, all else exactly.';
