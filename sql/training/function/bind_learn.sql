-- The functions by which labels are heard. Where a linear model learns in the transaction they do what scikit-learn's own
-- partial_fit does with one row, in its order of operations: so the coefficients are the same to the last bit.
create or replace function dbml._bind_learn(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  lesson dbml.learn;
  changed integer := 0;
begin
  -- Of a table that somebody has dropped nothing more is heard; where nobody may make event triggers it is still named here.
  for lesson in select l.* from dbml.learn l join pg_class c on c.oid = l.relation where l.profile = attached.id order by l.position loop
    changed := changed + dbml._generate_from(
      format('dbml_scorer.profile_%s_learn_%s()', attached.id, lesson.position),
      'learn',
      jsonb_build_object(
        'function', format('profile_%s_learn_%s', attached.id, lesson.position),
        'body', E'\n' || dbml._learn_body(attached, lesson) || E'\n'),
      format('Tells %s what came true of rows of %s.', lesson.model, attached.relation), false, anew);
  end loop;
  return changed;
end
$$;
comment on function dbml._bind_learn(dbml.profile, boolean) is 'Part of _bind: the functions by which models hear of labels.';

create or replace function dbml._learn_body(attached dbml.profile, lesson dbml.learn) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction;
  served dbml.scorer := dbml._deployed(lesson.model);
  state dbml.learning;
  inputs record;
  known text := format('c.%s is not null', dbml._quoted(attached.key[1]));
  query jsonb;
  parts jsonb;
  batched text;
  scaled text[];
begin
  select * into prediction from dbml.prediction r where r.profile = attached.id and r.model = lesson.model;
  query := jsonb_build_object(
    'entity', (select string_agg(dbml._as_key(format('l.k%s', i), a.atttypid), ', ' order by i)
                 from unnest(lesson.key) with ordinality u(k, i)
                 left join pg_attribute a on a.attrelid = lesson.relation and a.attname = k and not a.attisdropped),
    'keys', (select string_agg(format('%s as k%s', dbml._quoted(k), i), ', ' order by i) from unnest(lesson.key) with ordinality u(k, i)),
    'value', lesson.value,
    'relation', attached.relation,
    'same', (select string_agg(format('c.%s = l.k%s', dbml._quoted(k), i), ' and ' order by i) from unnest(attached.key) with ordinality u(k, i)));
  if served.model is null then
    select '{}'::text[] as numbers, '{}'::text[] as texts into inputs;
  else
    inputs := dbml._feature_inputs(prediction, served, 'c');
  end if;
  parts := jsonb_build_object('profile', lesson.profile, 'model', lesson.model, 'version', coalesce(served.version::text, 'null::integer'));
  if lesson.how = 'batched' then
    return dbml._fill(dbml._template('learn_batched_row'), parts || query || jsonb_build_object(
      'label', dbml._fill(dbml._template('learn_label'), query),
      'numbers', case when served.model is null then 'null' else format('array[%s]::float8[]', array_to_string(inputs.numbers, ', ')) end,
      'texts', case when served.model is null then 'null' else format('array[%s]::text[]', array_to_string(inputs.texts, ', ')) end));
  end if;
  batched := dbml._fill(dbml._template('learn_batched'), parts || jsonb_build_object(
    'labels', dbml._fill(dbml._template('learn_labels'), query || jsonb_build_object('inputs', case
      when served.model is null then 'null::float8[] as numbers, null::text[] as texts'
      else format('case when %1$s then array[%2$s]::float8[] end as numbers, case when %1$s then array[%3$s]::text[] end as texts',
             known, array_to_string(inputs.numbers, ', '), array_to_string(inputs.texts, ', ')) end))));
  select * into state from dbml.learning s
   where s.model = lesson.model and s.weights is not null and s.head = served.version and lesson.how = 'transaction';
  if state.model is null then
    return batched;
  end if;
  scaled := case when state.settings -> 'scalers' <> '[]' then dbml._scaled(inputs.numbers, state.settings -> 'scalers') end;
  return dbml._fill(dbml._template('learn_now'), parts || query || jsonb_build_object(
    'anchor', state.anchor,
    'batched', batched || ';',
    'features', cardinality(inputs.numbers),
    'inputs', array_to_string(inputs.numbers || scaled, ', '),
    'x', case when scaled is not null then format('[%s:]', cardinality(inputs.numbers) + 1) else '' end,
    -- Whoever may deploy gives these: inside the block, so that what is no number costs the application nothing.
    'anchor_weights', case when lesson.guard is not null then E'  dbml_anchor float8[];\n  dbml_anchor_p float8;' else '' end,
    'anchor_values', case when lesson.guard is not null
      then format('    dbml_anchor := %L;', array(select jsonb_array_elements_text(state.settings -> 'anchor_weights'))::text) else '' end,
    'y', case when state.settings ? 'positive' then format(
        'case when dbml_label.label = any (%L::text[]) then 1::float8 when dbml_label.label = any (%L::text[]) then (%s)::float8 end',
        array(select jsonb_array_elements_text(state.settings -> 'positive')),
        array(select jsonb_array_elements_text(state.settings -> 'negative')),
        case state.settings ->> 'loss' when 'log_loss' then 0 else -1 end)
      else 'dbml_label.label::float8' end,
    'step', dbml._learn_step(lesson, state.settings || jsonb_build_object('features', cardinality(inputs.numbers)))));
end
$$;
comment on function dbml._learn_body(dbml.profile, dbml.learn) is 'The body of a function by which a model hears of labels.';

create or replace function dbml._scaled(numbers text[], scalers jsonb) returns text[]
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  scaler jsonb;
begin
  for scaler in select s from jsonb_array_elements(scalers) s loop
    numbers := array(
      select case when scaler -> 'scale' <> 'null' then format('(%s) / %L::float8', centred, scaler -> 'scale' -> (i - 1)::integer) else centred end
        from unnest(numbers) with ordinality u(number, i)
       cross join lateral (select case when scaler -> 'mean' <> 'null'
                                    then format('(%s) - %L::float8', number, scaler -> 'mean' -> (i - 1)::integer) else number end as centred) m
       order by i);
  end loop;
  return numbers;
end
$$;
comment on function dbml._scaled(text[], jsonb) is 'SQL of numbers as StandardScaler makes them.';

-- Loops, although one long expression would be quicker for each label: every transaction prepares its expressions anew, and most
-- labels come alone.
create or replace function dbml._learn_step(lesson dbml.learn, settings jsonb) returns text
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  kind text := settings ->> 'loss';
  features text := settings ->> 'features';
  loss text := case kind
    when 'log_loss' then 'case when %1$s * (2 * dbml_y - 1) > 700 then 0 when %1$s * (2 * dbml_y - 1) < -700 then -%1$s * (2 * dbml_y - 1)'
                         ' else ln(1 + exp(-%1$s * (2 * dbml_y - 1))) end'
    when 'hinge' then 'greatest(0, 1 - dbml_y * %1$s)'
    else '(dbml_y - %1$s) * (dbml_y - %1$s) / 2' end;
  -- Halved after EVERY labels.
  rate text := format('%L::float8', 1 - power(0.5::float8, 1::float8 / lesson.every));
  l2 boolean := (settings ->> 'l2')::boolean;
begin
  return concat_ws(E'\n',
    case when lesson.guard is not null then concat_ws(E'\n',
      '          dbml_anchor_p := 0;',
      '          for i in 1 .. ' || features || ' loop',
      '            dbml_anchor_p := dbml_anchor_p + dbml_anchor[i] * dbml_x[i];',
      '          end loop;',
      format('          dbml_anchor_p := dbml_anchor_p + %L::float8;', settings -> 'anchor_intercept'),
      format('          dbml_loss := coalesce(dbml_loss + %s * (%s - dbml_loss), %2$s);', rate, format(loss, 'dbml_p')),
      format('          dbml_anchor_loss := coalesce(dbml_anchor_loss + %s * (%s - dbml_anchor_loss), %2$s);', rate, format(loss, 'dbml_anchor_p'))) end,
    format('          dbml_eta := %s;', case settings ->> 'rate'
      when 'optimal' then format('1::float8 / (%L::float8 * (%L::float8 + dbml_t - 1))', settings -> 'alpha', settings -> 'optimal_init')
      when 'invscaling' then format('%L::float8 / power(dbml_t, %L::float8)', settings -> 'eta0', settings -> 'power_t')
      else format('%L::float8', settings -> 'eta0') end),
    case kind
      -- C's exp() gives 0 where PostgreSQL's refuses.
      when 'log_loss' then concat_ws(E'\n',
        '          dbml_e := case when dbml_p > 708 or dbml_p < -708 then 0 when dbml_p > -37 then exp(-dbml_p) else exp(dbml_p) end;',
        '          dbml_update := -dbml_eta * case when dbml_p > -37 then ((1 - dbml_y) - dbml_y * dbml_e) / (1 + dbml_e) else dbml_e - dbml_y end;')
      when 'hinge' then '          dbml_update := -dbml_eta * case when dbml_p * dbml_y <= 1 then -dbml_y else 0 end;'
      else '          dbml_update := -dbml_eta * greatest(least(dbml_p - dbml_y, 1e12), -1e12);' end,
    '          -- Another error than that of the last label would leave half a step.',
    '          dbml_next := dbml_weights;',
    case when l2 then concat_ws(E'\n',
      format('          dbml_scale := greatest(0::float8, 1 - dbml_eta * %L::float8);', settings -> 'alpha'),
      format('          if dbml_scale < %L::float8 then', settings -> 'least_scale'),
      '            for i in 1 .. ' || features || ' loop',
      '              dbml_next[i] := dbml_next[i] * dbml_scale;',
      '            end loop;',
      '            dbml_scale := 1;',
      '          end if;') end,
    '          if dbml_update <> 0 then',
    format('            dbml_e := dbml_update%s;', case when l2 then ' / dbml_scale' end),
    '            for i in 1 .. ' || features || ' loop',
    format('              dbml_next[i] := %s;', case when l2 then '(dbml_next[i] + dbml_x[i] * dbml_e) * dbml_scale' else 'dbml_next[i] + dbml_x[i] * dbml_e' end),
    '            end loop;',
    case when l2 then concat_ws(E'\n',
      '          else',
      '            for i in 1 .. ' || features || ' loop',
      '              dbml_next[i] := dbml_next[i] * dbml_scale;',
      '            end loop;') end,
    '          end if;',
    case when (settings ->> 'fit_intercept')::boolean then '          dbml_intercept := dbml_intercept + dbml_update;' end,
    '          dbml_weights := dbml_next;');
end
$$;
comment on function dbml._learn_step(dbml.learn, jsonb) is 'What one label does to the coefficients of a linear model, as scikit-learn does it.';
