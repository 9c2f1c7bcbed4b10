create or replace function dbml._bind_scorers(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction;
  route record;
  called record;
  scorer text;
  call text;
  says text;
  held_out text;
  models text[] := '{}';
  arms text[] := '{}';
  ended regprocedure;
  -- The planner decides by the outermost function's label, before it is inlined.
  safe boolean := true;
  changed integer := 0;
begin
  for prediction in select * from dbml.prediction r where r.profile = attached.id order by r.model loop
    scorer := format('profile_%s_%s', attached.id, prediction.model);
    call := '';
    says := null;
    held_out := dbml._held_out(attached, prediction, dbml._keys(attached, 'c'));
    for route in
      select r.*, true as serves, count(*) over () = 1 as sole
        from dbml._routes(attached, prediction, dbml._row_bucket(attached, prediction, 'c')) r
       union all
      select s.arm, dbml._scorer(s.model, s.version), null, false, false
        from dbml.serving s
       where s.model = prediction.model and s.arm <> 'control' and s.share = 0
    loop
      called := dbml._bind_route(attached, prediction, route.scorer, anew);
      changed := changed + called.changed;
      safe := safe and ((route.scorer).engine <> 'python' or not route.serves);
      if route.serves then
        call := case when route.sole then called.call
                     when route.condition is not null then concat_ws(' ', coalesce(nullif(call, ''), 'case'), format('when %s then %s', route.condition, called.call))
                     else format('%s else %s end', call, called.call) end;
        says := concat_ws(', ', says, format('%s@%s, engine %s', prediction.model, (route.scorer).version, (route.scorer).engine));
      end if;
      if not route.sole or held_out is not null then
        -- By an arm or a version: each has a function of its own, which is inlined as the whole is.
        arms := arms || (scorer || '@' || route.arm);
        changed := changed + dbml._generate_from(
          format('dbml_scorer.%s(%s)', dbml._quoted(scorer || '@' || route.arm), attached.relation),
          'scorer',
          jsonb_build_object(
            'function', scorer || '@' || route.arm,
            'profile', attached.relation,
            'safety', case when (route.scorer).engine <> 'python' then 'safe' else 'unsafe' end,
            'body', format(E'\nselect %s\n', called.call)),
          format('Scores a row of %s with %s@%s, engine %s.', attached.relation, prediction.model,
            (route.scorer).version, (route.scorer).engine), true, anew);
        models := models
          || dbml._fill(dbml._template('score_model'), jsonb_build_object(
               'model', prediction.model || '@' || route.arm, 'scorer', scorer || '@' || route.arm))
          || dbml._fill(dbml._template('score_model'), jsonb_build_object(
               'model', format('%s@%s', prediction.model, (route.scorer).version), 'scorer', scorer || '@' || route.arm));
      end if;
    end loop;
    -- Nobody is to act on the score of a row that is held out; who names a version or an arm has it all the same.
    if held_out is not null and says is not null then
      call := format('case when not (%s) then %s end', held_out, call);
    end if;
    if says is null then
      call := format('dbml._not_deployed(%L)', prediction.model);
    end if;
    changed := changed + dbml._generate_from(
      format('dbml_scorer.%s(%s)', dbml._quoted(scorer), attached.relation),
      'scorer',
      jsonb_build_object(
        'function', scorer,
        'profile', attached.relation,
        'safety', case when dbml._all_parallel(prediction.model) then 'safe' else 'unsafe' end,
        'body', format(E'\nselect %s\n', call)),
      coalesce(format('Scores a row of %s with %s.', attached.relation, says),
               format('No version of %s scores rows of %s yet.', prediction.model, attached.relation)), true, anew);
    models := models || dbml._fill(dbml._template('score_model'), jsonb_build_object('model', prediction.model, 'scorer', scorer));
    changed := changed + dbml._bind_outputs(attached, prediction, anew);
  end loop;
  if models <> '{}' then
    changed := changed + dbml._generate_from(
      format('dbml.score(text, %s)', attached.relation),
      'score',
      jsonb_build_object(
        'profile', attached.relation,
        'safety', case when safe then 'safe' else 'unsafe' end,
        'body', format(E'\n%s\n', dbml._fill(dbml._template('score_body'), jsonb_build_object(
          'models', array_to_string(models, E'\n'))))),
      format('Score of a row of %s by the deployed version of a model.', attached.relation), true, anew);
    changed := changed + dbml._generate_from(
      format('dbml_scorer.profile_%s_by_columns(text, jsonb)', attached.id),
      'by_columns',
      jsonb_build_object(
        'function', format('profile_%s_by_columns', attached.id),
        'safety', case when safe then 'safe' else 'unsafe' end,
        'body', format(E'\n%s\n', dbml._fill(dbml._template('by_columns_body'), jsonb_build_object('profile', attached.relation)))),
      format('Score of a row of a query that has the columns of %s.', attached.relation), true, anew);
  end if;
  -- Arms that have ended leave their functions behind for queries that have been planned with them, until all is made anew.
  if anew then
    for ended in
      select p.oid
        from pg_proc p
       where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname like format('profile\_%s\_%%@%%', attached.id)
         and p.proargtypes[0] = (select c.reltype from pg_class c where c.oid = attached.relation)
         and not p.proname = any (arms::name[])
    loop
      execute format('drop function %s', ended);
    end loop;
  end if;
  return changed;
end
$$;
comment on function dbml._bind_scorers(dbml.profile, boolean) is
  'Part of _bind: the functions by which queries score the rows of a profile, and dbml.score() over them.';

create or replace function dbml._bind_outputs(attached dbml.profile, prediction dbml.prediction, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  route record;
  inputs record;
  columns text;
  body text := '';
begin
  if prediction.outputs is null then
    return 0;
  end if;
  for route in
    select r.*, count(*) over () = 1 as alone
      from dbml._routes(attached, prediction, dbml._row_bucket(attached, prediction, 'c')) r
  loop
    perform dbml._prepare_outputs((route.scorer).model, (route.scorer).version);
    inputs := dbml._feature_inputs(prediction, route.scorer, 'c');
    select string_agg(format('%L, %s', o.key, dbml._output(route.scorer, o.value, 'a.answers')), ', ' order by o.key) into columns
      from jsonb_each(dbml._columns_of(prediction)) o;
    body := concat_ws(E'\n', nullif(body, ''), format('%s(select jsonb_build_object(%s) from (select %s as answers offset 0) a)',
      case when route.alone then '' when route.condition is null then 'else ' else format('when %s then ', route.condition) end,
      columns, dbml._outputs_call(dbml._outputs_scorer(route.scorer), inputs.numbers, inputs.texts)));
  end loop;
  if body = '' then
    return 0;
  end if;
  return dbml._generate_from(
    format('dbml_scorer.%s(%s)', dbml._quoted(format('profile_%s_%s_outputs', attached.id, prediction.model)), attached.relation),
    'scorer_outputs',
    jsonb_build_object(
      'function', format('profile_%s_%s_outputs', attached.id, prediction.model),
      'profile', attached.relation,
      'body', format(E'\nselect %s\n', case when body like '(%' then body else format(E'case %s\nend', body) end)),
    format('All that %s says of a row of %s.', prediction.model, attached.relation), true, anew);
end
$$;
comment on function dbml._bind_outputs(dbml.profile, dbml.prediction, boolean) is
  'Part of _bind: the function that gives all answers for a row of a profile, where a prediction asks for them.';

create or replace function dbml._bind_route(
  attached dbml.profile, prediction dbml.prediction, serving dbml.scorer, anew boolean, out call text, out changed integer
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  inputs record;
begin
  changed := 0;
  if serving.engine = 'sql' then
    changed := dbml._generate_careful(v.model, v.version, v.careful_expression, jsonb_array_length(v.interface -> 'features'))
             + dbml._generate_kept(v.model, v.version, v.expression, jsonb_array_length(v.interface -> 'features'))
      from dbml.model_version v
     where v.model = serving.model and v.version = serving.version;
  end if;
  changed := changed + dbml._bind_features(prediction, serving, anew);
  inputs := dbml._feature_inputs(prediction, serving, 'c');
  -- Whoever scores many rows by a plan has scores(); an estimator takes as long for one row as for thousands.
  call := case when serving.in_batches and serving.engine = 'python'
    then format('dbml._score_ahead(%L, %L, %s, %s, %s)', serving.fingerprint, serving.engine,
           dbml._arrays(inputs.numbers, inputs.texts), attached.id, dbml._entity(attached, 'c'))
    else dbml._scorer_call(serving, inputs.numbers, inputs.texts) end;
end
$$;
comment on function dbml._bind_route(dbml.profile, dbml.prediction, dbml.scorer, boolean) is
  'The SQL by which one version scores a row named c, with the functions that it calls.';

create or replace function dbml._all_parallel(model text) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select not exists (
    select from dbml.serving s
      join dbml.version_engine e on e.model = s.model and e.version = s.version
     where s.model = _all_parallel.model and e.engine = 'python' and (s.arm = 'control' or s.share > 0))
$$;
comment on function dbml._all_parallel(text) is 'Whether a parallel query may call every version that serves of a model.';

create or replace function dbml._entity(attached dbml.profile, row_name text) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml._as_entity(attached.relation, attached.key::text[], row_name)
$$;
comment on function dbml._entity(dbml.profile, text) is 'SQL for the key of a profile row as it is kept elsewhere: an array of texts.';
