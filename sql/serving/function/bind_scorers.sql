create or replace function dbml._bind_scorers(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction;
  deployed dbml.scorer;
  inputs record;
  scorer text;
  call text;
  says text;
  models text[] := '{}';
  -- The planner decides by the outermost function's label, before it is inlined.
  safe boolean := true;
  changed integer := 0;
begin
  for prediction in select * from dbml.prediction r where r.profile = attached.id order by r.model loop
    deployed := dbml._deployed(prediction.model);
    scorer := format('profile_%s_%s', attached.id, prediction.model);
    if deployed.model is null then
      call := format('dbml._not_deployed(%L)', prediction.model);
      says := format('No version of %s scores rows of %s yet.', prediction.model, attached.relation);
    else
      if deployed.engine = 'sql' then
        changed := changed + dbml._generate_careful(v.model, v.version, v.careful_expression, jsonb_array_length(v.interface -> 'features'))
          from dbml.model_version v
         where v.model = deployed.model and v.version = deployed.version;
      end if;
      changed := changed + dbml._bind_features(prediction, deployed, anew);
      inputs := dbml._feature_inputs(prediction, deployed, 'c');
      call := dbml._scorer_call(deployed, inputs.numbers, inputs.texts);
      if deployed.in_batches then
        call := format('dbml._score_ahead(%L, %L, %s, %s, %s)', deployed.fingerprint, deployed.engine,
          dbml._arrays(inputs.numbers, inputs.texts), attached.id, dbml._entity(attached, 'c'));
      end if;
      says := format('Scores a row of %s with %s@%s, engine %s.', attached.relation, deployed.model, deployed.version, deployed.engine);
    end if;
    changed := changed + dbml._generate_from(
      format('dbml_scorer.%s(%s)', dbml._quoted(scorer), attached.relation),
      'scorer',
      jsonb_build_object(
        'function', scorer,
        'profile', attached.relation,
        'safety', case when coalesce(deployed.engine, 'sql') = 'sql' then 'safe' else 'unsafe' end,
        'body', format(E'\nselect %s\n', call)),
      says, true, anew);
    safe := safe and coalesce(deployed.engine, 'sql') = 'sql';
    models := models || dbml._fill(dbml._template('score_model'), jsonb_build_object('model', prediction.model, 'scorer', scorer));
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
  end if;
  return changed;
end
$$;
comment on function dbml._bind_scorers(dbml.profile, boolean) is
  'Part of _bind: the functions by which queries score the rows of a profile, and dbml.score() over them.';

create or replace function dbml._entity(attached dbml.profile, row_name text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('array[%s]', string_agg(format('%s.%s::text', row_name, dbml._quoted(k)), ', ' order by i))
    from unnest(attached.key) with ordinality u(k, i)
$$;
comment on function dbml._entity(dbml.profile, text) is 'SQL for the key of a profile row as it is kept elsewhere: an array of texts.';
