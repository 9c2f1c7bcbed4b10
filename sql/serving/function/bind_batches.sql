-- An estimator takes as long for one row as for thousands: functions that have many rows scored in one call, before the
-- rows are asked for one by one.
create or replace function dbml._bind_batches(attached dbml.profile, anew boolean) returns integer
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
  models text[] := '{}';
  estimates boolean := false;
  at_once boolean := false;
  estimators boolean := false;
  prime text := format('profile_%s_prime', attached.id);
  primes text := format('profile_%s_primes', attached.id);
  estimated text := format('profile_%s_estimated', attached.id);
  read_ahead text := format('profile_%s_read_ahead', attached.id);
  changed integer := 0;
begin
  for prediction in select * from dbml.prediction r where r.profile = attached.id order by r.model loop
    for deployed in select (r.scorer).* from dbml._routes(attached, prediction, '') r loop
      continue when deployed.engine <> 'python' and not dbml._pays_together(deployed);
      estimates := true;
      -- What is queued is not scored when it is written. A plan's own calls are quick enough for the rows of a statement.
      at_once := at_once or deployed.engine = 'python' and prediction.mode is distinct from 'queued';
      estimators := estimators or deployed.engine = 'python';
      inputs := dbml._feature_inputs(prediction, deployed, 'c');
      -- Also of the rows of another version: answers that nobody asks for are forgotten.
      models := models || dbml._fill(dbml._template('prime_model'), jsonb_build_object(
        -- All answers hold the score as well.
        'fingerprint', case when prediction.outputs is not null
                            then (dbml._outputs_scorer(deployed)).fingerprint else deployed.fingerprint end,
        'engine', deployed.engine,
        'numbers', dbml._batch(inputs.numbers),
        'texts', dbml._batch(inputs.texts)));
    end loop;
  end loop;
  if not exists (select from dbml.prediction r where r.profile = attached.id) then
    return 0;
  end if;
  changed := dbml._generate_from(
    format('dbml_scorer.%I(%s[])', prime, attached.relation),
    'prime',
    jsonb_build_object(
      'function', prime,
      'profile', attached.relation,
      'rights', dbml._template('definer'),
      'body', case models when '{}' then E'\nbegin\nend\n' else format(E'\n%s\n', dbml._fill(
        dbml._template('prime_body'), jsonb_build_object('models', array_to_string(models, E'\n')))) end),
    format('Scores rows of %s ahead of the calls that will ask for them.', attached.relation), false, anew);
  changed := changed + dbml._generate_from(
    format('dbml_scorer.%I()', primes),
    'primes',
    jsonb_build_object('function', primes, 'body', format(E'\nselect %s\n', at_once::text)),
    format('Whether it pays to have rows of %s scored ahead before they are written.', attached.relation), false, anew);
  changed := changed + dbml._generate_from(
    format('dbml_scorer.%I()', estimated),
    'primes',
    jsonb_build_object('function', estimated, 'body', format(E'\nselect %s\n', estimates::text)),
    format('Whether it pays to have rows of %s scored ahead before they are scored anew.', attached.relation), false, anew);
  if estimators then
    changed := changed + dbml._generate_from(
      format('dbml_scorer.%I(text[])', read_ahead),
      'read_ahead',
      jsonb_build_object(
        'function', read_ahead,
        'rights', dbml._template('definer'),
        'body', format(E'\n%s\n', dbml._fill(dbml._template('read_ahead_body'), jsonb_build_object(
          'prime', prime,
          'profile', attached.relation,
          'same', (select string_agg(format('q.%s = entity[%s]::%s', dbml._quoted(k), i, format_type(a.atttypid, a.atttypmod)), ' and ')
                     from unnest(attached.key) with ordinality u(k, i)
                     join pg_attribute a on a.attrelid = attached.relation and a.attname = k))))),
      format('Scores the rows of %s that lie behind one ahead.', attached.relation), false, anew);
  elsif to_regprocedure(format('dbml_scorer.%I(text[])', read_ahead)) is not null then
    execute format('drop function dbml_scorer.%I(text[])', read_ahead);
  end if;
  return changed;
end
$$;
comment on function dbml._bind_batches(dbml.profile, boolean) is
  'Part of _bind: scoring many rows of a profile in one call.';

create or replace function dbml._batch(inputs text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- array_agg over arrays refuses empty ones.
  select case inputs when '{}' then quote_literal('{}') else format('array_agg(array[%s])', array_to_string(inputs, ', ')) end
$$;
comment on function dbml._batch(text[]) is 'SQL for the inputs of many rows as one array of arrays.';

create or replace function dbml._pays_together(deployed dbml.scorer) returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  -- As it is stored. What is smaller takes one row alone as long as it takes to hand over a batch.
  select deployed.engine = 'portable'
     and exists (select from dbml.model_version v
                  where v.model = deployed.model and v.version = deployed.version and pg_column_size(v.plan) > 131072)
$$;
comment on function dbml._pays_together(dbml.scorer) is
  'Whether the plan of a version is so large (grown forests, neighbours, vectors) that many rows are quicker together.';
