create or replace function dbml._row_columns(attached dbml.profile, prediction dbml.prediction) returns text[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(distinct c)
    from dbml._routes(attached, prediction, '') r
   cross join lateral unnest((dbml._feature_inputs(prediction, r.scorer, 'new')).columns || dbml._routing_columns(attached, prediction)) c
$$;
comment on function dbml._row_columns(dbml.profile, dbml.prediction) is
  'The columns of a profile that a score depends on, by any of the versions that serve, and which of them it is.';

-- Several versions are a chain of statements, never a CASE: PL/pgSQL prepares only what it comes to.
create or replace function dbml._row_prediction(attached dbml.profile, prediction dbml.prediction, read text[]) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  deployed dbml.scorer := dbml._deployed(prediction.model);
  route record;
  inputs record;
  score text;
  routes text := '';
  engines text := '';
  alone boolean;
begin
  for route in select r.*, count(*) over () = 1 as alone from dbml._routes(attached, prediction, 'dbml_bucket') r loop
    alone := route.alone;
    inputs := dbml._feature_inputs(prediction, route.scorer, 'new');
    score := case when prediction.outputs is null
      then dbml._row_score(attached, prediction, route.scorer, inputs.numbers, inputs.texts)
      else dbml._row_outputs(attached, prediction, route.scorer, inputs.numbers, inputs.texts) end;
    engines := engines || format(' when %s then %L', (route.scorer).version, (route.scorer).engine);
    if route.condition is null then
      routes := case when alone then score else concat_ws(E'\n', routes, '      else', dbml._row_outside(prediction), score) end;
    else
      routes := concat_ws(E'\n', nullif(routes, ''), dbml._fill(dbml._template('row_route'), jsonb_build_object(
        'when', format('%s %s', case routes when '' then 'if' else 'elsif' end, route.condition),
        'arm', route.arm,
        'version', (route.scorer).version,
        'score', score)));
    end if;
  end loop;
  return dbml._fill(dbml._template('row_prediction'), jsonb_build_object(
    'version', deployed.version,
    'log_declared', case when prediction.log is null then '' else concat_ws(E'\n', dbml._template('row_log_declared'),
      case when exists (select from dbml.arm a where a.model = prediction.model and a.shadow_share is not null and a.answered_before is null)
        then dbml._template('row_shadow_declared') end) end,
    'logged', dbml._row_logged(attached, prediction, false)
      || case when prediction.holdout is null then ''
           else E'\n' || dbml._fill(dbml._template('row_held_out'), jsonb_build_object('column', prediction.column_name)) end,
    'bucket', concat_ws(E'\n', case when not alone then '    dbml_bucket integer;' end,
                        case when prediction.outputs is not null then '    dbml_outputs float8[];' end,
                        case when prediction.mode = 'queued' then '    dbml_queued boolean := false;' end),
    'unchanged', dbml._row_unchanged(attached, prediction, read),
    'queue', case when prediction.mode = 'queued' then dbml._fill(dbml._template('row_queue'), jsonb_build_object(
        'profile', attached.id, 'model', prediction.model, 'entity', dbml._entity(attached, 'new'))) else '' end,
    'score', case when prediction.mode = 'queued' then dbml._fill(dbml._template('row_queued'),
        jsonb_build_object('column', prediction.column_name)) || E'\n' else '' end
      || case when prediction.holdout is null then ''
        else dbml._fill(dbml._template('row_holdout'), jsonb_build_object(
          'held_out', dbml._held_out(attached, prediction, dbml._keys(attached, 'new')))) || E'\n' end
      || case when alone then routes else dbml._fill(dbml._template('row_routes'), jsonb_build_object(
      'bucket', dbml._row_bucket(attached, prediction, 'new'), 'routes', routes)) end
      || case when prediction.mode = 'queued' then E'\n      end if;' else '' end,
    'failed', dbml._row_failed(attached, prediction,
      case when alone then quote_literal(deployed.engine) else format('case dbml_version%s end', engines) end),
    'profile', attached.id,
    'model', prediction.model,
    'entity', dbml._entity(attached, 'new'),
    'of_another', dbml._row_of_another(attached)));
end
$$;
comment on function dbml._row_prediction(dbml.profile, dbml.prediction, text[]) is
  'Part of a row''s trigger: a prediction, by the version that the row belongs to, with what happens where it cannot be scored.';

-- An experiment compares those that could have been in either arm.
create or replace function dbml._row_outside(prediction dbml.prediction) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select '        if dbml_bucket is null and dbml_arm = ''control'' then dbml_arm := ''outside''; end if;'
    from dbml.rollout o
   where o.model = prediction.model and o.predicate is not null and prediction.log is not null
$$;
comment on function dbml._row_outside(dbml.prediction) is
  'Part of a row''s trigger: says of a row that a strategy''s condition leaves out that it is; NULL where it need not.';

create or replace function dbml._row_unchanged(attached dbml.profile, prediction dbml.prediction, features text[]) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
           when count(*) filter (where counts) = 0 then
             dbml._fill(dbml._template('row_unchanged'), jsonb_build_object('same', string_agg(same, E'\n         and ')))
           else
             dbml._fill(dbml._template('row_unchanged_counters'), jsonb_build_object(
               'same_counters', string_agg(same, ' and ') filter (where counts),
               'same', string_agg(same, E'\n           and ') filter (where not counts)))
         end
    from (select distinct c = any (dbml._written(prediction)) as written,
                 format('new.%1$s is not distinct from old.%1$s', dbml._quoted(c) || dbml._as_equals(attached.relation, c)) as same,
                 exists (select from dbml.event e where e.profile = attached.id and e.counters ? c) as counts
            -- Under another key, a row that cannot be scored has to be queued under that.
            from unnest(features || attached.key || dbml._written(prediction)) c
           -- Rescoring changes what is written, and then nothing else need be looked at.
           order by 1 desc, 2) s
$$;
comment on function dbml._row_unchanged(dbml.profile, dbml.prediction, text[]) is
  'Part of a row''s trigger: leaves a score as it is where nothing has changed that it depends on.';

-- A type may have no equality, as json; one in another schema, as hstore; or one that is of something else, as of areas.
create or replace function dbml._as_equals(relation regclass, name text) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
           when t.typtype <> 'b' or t.typcategory = 'A' or t.oid = 'varchar'::regtype then ''
           when t.typcategory <> 'G'
                and exists (select from pg_operator o
                             where o.oprname = '=' and o.oprnamespace = 'pg_catalog'::regnamespace and o.oprleft = t.oid and o.oprright = t.oid) then ''
           else '::text'
         end
    from pg_attribute a
    join pg_type d on d.oid = a.atttypid
    join pg_type t on t.oid = case d.typtype when 'd' then d.typbasetype else d.oid end
   where a.attrelid = relation and a.attname = name and a.attnum > 0
$$;
comment on function dbml._as_equals(regclass, text) is
  'The cast by which a column of a new row is compared with that of the old; empty where its type needs none.';

create or replace function dbml._row_outputs(
  attached dbml.profile, prediction dbml.prediction, deployed dbml.scorer, numbers text[], texts text[]
) returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  answering dbml.scorer := dbml._outputs_scorer(deployed);
  many boolean := deployed.interface -> 'answers' is not null;
  arrays text := dbml._arrays(numbers, texts);
  -- Where the score is the only answer, it is an array of one.
  pattern text := case when many then '%s' else 'array[%s]::float8[]' end;
begin
  return dbml._fill(
    dbml._template(case when answering.engine = 'sql' then 'row_outputs_careful' when dbml._in_bulk(prediction, answering) then 'row_outputs_in_bulk'
                        else 'row_outputs' end),
    jsonb_build_object(
      'outputs', format(pattern, case
        when answering.engine = 'sql' then dbml._filled(answering.expression, numbers, texts)
        when answering.engine = 'portable' then format('dbml.%I(%L, %s)', case when many then '_run_outputs' else '_run_portable' end, answering.fingerprint, arrays)
        when not dbml._in_bulk(prediction, answering) then
          case when many then format('dbml._score_outputs(%L, %L, %s)', answering.fingerprint, answering.engine, arrays)
                         else format('dbml._score_python(%L, %s)', answering.fingerprint, arrays) end
        else format('dbml.%I(%L, %s, %s, pg_trigger_depth(), statement_timestamp(), %s)',
               case when many then '_outputs_in_bulk' else '_score_in_bulk' end,
               answering.fingerprint, arrays, attached.id, dbml._entity(attached, 'new'))
      end),
      'careful', format(pattern, case when many then format('%s(%s)', dbml._careful_outputs(deployed.model, deployed.version), arrays)
                                      else dbml._careful_call(deployed, numbers, texts) end),
      'assigned', (select string_agg(format('      new.%s := %s;', dbml._quoted(o.key), dbml._output(deployed, o.value, 'dbml_outputs')), E'\n' order by o.key)
                     from jsonb_each(dbml._columns_of(prediction)) o),
      'seen', dbml._row_seen(prediction, numbers, texts),
      'stamps', dbml._row_stamps(prediction, deployed)));
end
$$;
comment on function dbml._row_outputs(dbml.profile, dbml.prediction, dbml.scorer, text[], text[]) is
  'Part of a row''s trigger: all answers of one version, computed once, and the columns that they go to.';

create or replace function dbml._in_bulk(prediction dbml.prediction, deployed dbml.scorer) returns boolean
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select deployed.engine = 'python' and prediction.mode is distinct from 'queued'
$$;
comment on function dbml._in_bulk(dbml.prediction, dbml.scorer) is
  'Whether the later of many rows of a statement wait for its end, to be scored in one call; who takes rows from the queue has them scored ahead instead.';

create or replace function dbml._row_stamps(prediction dbml.prediction, deployed dbml.scorer) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(E'\n',
           '      new.' || dbml._quoted(prediction.version_column) || format(' := %s;', deployed.version),
           '      new.' || dbml._quoted(prediction.scored_at_column) || ' := now();')
$$;
comment on function dbml._row_stamps(dbml.prediction, dbml.scorer) is
  'Part of a row''s trigger: by which version it was scored, and when.';

create or replace function dbml._columns_of(prediction dbml.prediction) returns jsonb
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(prediction.column_name, '{}'::jsonb) || coalesce(prediction.outputs, '{}')
$$;
comment on function dbml._columns_of(dbml.prediction) is 'The columns that answers go to, each with the answer that it is to hold.';

-- Changing the first of its columns is what makes a row's trigger compute a prediction anew.
create or replace function dbml._touched(prediction dbml.prediction) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case prediction.outputs -> prediction.column_name ->> 'output'
    when 'label' then '''NaN''::text'
    when 'decision' then 'false'
    when 'probabilities' then '''{}''::float8[]'
    when 'values' then '''{}''::float8[]'
    else '''NaN''::float8' end
$$;
comment on function dbml._touched(dbml.prediction) is
  'What a prediction''s first column is changed to where it is NULL; elsewhere it is changed to NULL.';

create or replace function dbml._row_score(
  attached dbml.profile, prediction dbml.prediction, deployed dbml.scorer, numbers text[], texts text[]
) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml._fill(
           dbml._template(case when deployed.engine = 'sql' then 'row_score_careful' when dbml._in_bulk(prediction, deployed) then 'row_score_in_bulk'
                               else 'row_score' end),
           jsonb_build_object(
             'column', prediction.column_name,
             'score', case
               when deployed.engine = 'sql' then dbml._filled(deployed.expression, numbers, texts)
               when deployed.engine = 'portable' then format('dbml._run_portable(%L, %s)', deployed.fingerprint, dbml._arrays(numbers, texts))
               when not dbml._in_bulk(prediction, deployed) then format('dbml._score_python(%L, %s)', deployed.fingerprint, dbml._arrays(numbers, texts))
               else format('dbml._score_in_bulk(%L, %s, %s, pg_trigger_depth(), statement_timestamp(), %s)',
                      deployed.fingerprint, dbml._arrays(numbers, texts), attached.id, dbml._entity(attached, 'new'))
             end,
             'careful', dbml._careful_call(deployed, numbers, texts),
             'seen', dbml._row_seen(prediction, numbers, texts),
             'stamps', dbml._row_stamps(prediction, deployed)))
$$;
comment on function dbml._row_score(dbml.profile, dbml.prediction, dbml.scorer, text[], text[]) is
  'Part of a row''s trigger: the score by one version, and that it is this version''s.';

create or replace function dbml._row_failed(attached dbml.profile, prediction dbml.prediction, engine text) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml._fill(dbml._template('row_failed_' || prediction.on_error), jsonb_build_object(
           'profile', attached.id,
           'model', prediction.model,
           'engine', _row_failed.engine,
           'kept', (select string_agg(format('        new.%1$s := old.%1$s;', dbml._quoted(c)), E'\n') from unnest(dbml._written(prediction)) c),
           'cleared', (select string_agg(format('%s  new.%s := null;', case prediction.on_error when 'keep' then '      ' else '    ' end, dbml._quoted(c)), E'\n')
                         from unnest(dbml._written(prediction)) c),
           'recorded', dbml._fill(dbml._template('row_failed_recorded'), jsonb_build_object(
             'logged', dbml._row_logged(attached, prediction, true),
             'of_another', dbml._row_of_another(attached),
             'profile', attached.id,
             'model', prediction.model,
             'entity', dbml._entity(attached, 'new')))))
$$;
comment on function dbml._row_failed(dbml.profile, dbml.prediction, text) is
  'Part of a row''s trigger: what happens where a row cannot be scored.';

create or replace function dbml._row_of_another(attached dbml.profile) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('tg_op = ''INSERT'' and exists (select from %s q where %s)', attached.relation,
                string_agg(format('q.%1$s = new.%1$s', dbml._quoted(k)), ' and ' order by i))
    from unnest(attached.key) with ordinality u(k, i)
$$;
comment on function dbml._row_of_another(dbml.profile) is
  'A condition: the row comes from INSERT … ON CONFLICT and says nothing about the one that is there under its key.';

create or replace function dbml._written(prediction dbml.prediction) returns text[]
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array_remove(array[prediction.column_name, prediction.version_column, prediction.scored_at_column], null)
      || array(select k from jsonb_object_keys(coalesce(prediction.outputs, '{}')) k where k <> prediction.column_name order by k)
$$;
comment on function dbml._written(dbml.prediction) is 'The columns that a prediction is written to.';
