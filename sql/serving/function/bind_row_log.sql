-- What the model sees is noted inside the block that on_error guards, and written outside it: a block that holds an INSERT
-- takes a transaction number of its own.
create or replace function dbml._row_seen(prediction dbml.prediction, numbers text[], texts text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when coalesce(prediction.log, 'scores') = 'scores' then '' else concat_ws(E'\n',
           format('      dbml_numbers := array[%s]::float8[];', array_to_string(numbers, ', ')),
           case when texts <> '{}' then format('      dbml_texts := array[%s]::text[];', array_to_string(texts, ', ')) end) end
$$;
comment on function dbml._row_seen(dbml.prediction, text[], text[]) is
  'Part of a row''s trigger: keeps the features for the log; empty where they are not logged.';

create or replace function dbml._row_logged(attached dbml.profile, prediction dbml.prediction, failed boolean) returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  entity text := dbml._entity(attached, 'new');
  segment text;
  shadows text;
  written text;
begin
  if prediction.log is null then
    return '';
  end if;
  segment := dbml._open_segment();
  shadows := dbml._row_shadows(attached, prediction, segment);
  written := dbml._fill(dbml._template('row_log'), jsonb_build_object(
    'segment', segment,
    'at', case shadows when '' then 'clock_timestamp()' else 'dbml_at' end,
    'relation', attached.relation,
    'version', 'dbml_version',
    'model', prediction.model,
    'arm', 'dbml_arm',
    'entity', entity,
    'score', case when failed then 'null' when prediction.outputs is not null then 'dbml_outputs[1]' else 'new.' || dbml._quoted(prediction.column_name) end,
    'numbers', case prediction.log when 'scores' then 'null' else 'dbml_numbers' end,
    'texts', case prediction.log when 'scores' then 'null' else 'dbml_texts' end,
    'failure', case when failed then 'left(sqlstate || '': '' || sqlerrm, 1000)' else 'null' end)) || shadows;
  if prediction.log not in ('all', 'scores') then
    written := dbml._fill(dbml._template('row_log_sampled'), jsonb_build_object(
      'entity', entity, 'buckets', round(prediction.log::numeric * 10000), 'insert', written));
  end if;
  return dbml._fill(dbml._template('row_logged'), jsonb_build_object(
    'of_another', dbml._row_of_another(attached), 'profile', attached.id, 'insert', written,
    'moved', case when (select c.relkind = 'p' from pg_class c where c.oid = attached.relation)
                  then dbml._fill(dbml._template('row_moved'), (
                    select jsonb_build_object('old', string_agg('old.' || dbml._quoted(k), ', ' order by i),
                                              'new', string_agg('new.' || dbml._quoted(k), ', ' order by i),
                                              'named', string_agg(format('%L, new.%s', k, dbml._quoted(k)), ', ' order by i))
                      from unnest(attached.key) with ordinality u(k, i))) else '' end));
end
$$;
comment on function dbml._row_logged(dbml.profile, dbml.prediction, boolean) is
  'Part of a row''s trigger: writes a prediction, or that there is none, into the log; empty where nothing is logged.';

-- It answers where the live version has, after it and at its time, and in a block of its own: whatever it does, the row
-- stays what the live version made of it. An estimator would have to be asked for each row alone, so the engine python does not.
create or replace function dbml._row_shadows(attached dbml.profile, prediction dbml.prediction, segment text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select coalesce(string_agg(E'\n' || dbml._fill(dbml._template('row_shadow'), jsonb_build_object(
           'condition', dbml._shadow_condition(attached, prediction, a, 'new'),
           'score', dbml._fill(dbml._template(case s.engine when 'sql' then 'row_shadow_careful' else 'row_shadow_score' end), jsonb_build_object(
             'score', case s.engine when 'sql' then dbml._filled(s.expression, i.numbers, i.texts)
                        else format('dbml._run_portable(%L, %s)', s.fingerprint, dbml._arrays(i.numbers, i.texts)) end,
             'careful', dbml._careful_call(s, i.numbers, i.texts))),
           'insert', dbml._fill(dbml._template('row_log'), jsonb_build_object(
             'segment', segment,
             'at', 'dbml_at',
             'relation', attached.relation,
             'version', a.version,
             'model', a.model,
             'arm', quote_literal(a.arm),
             'entity', dbml._entity(attached, 'new'),
             'score', 'dbml_shadow',
             'numbers', 'null',
             'texts', 'null',
             'failure', 'dbml_refused')))), '' order by a.arm), '')
    from dbml.arm a
   cross join lateral dbml._scorer(a.model, a.version) s
   cross join lateral dbml._feature_inputs(prediction, s, 'new') i
   where a.model = prediction.model and a.shadow_share is not null and a.answered_before is null and s.engine <> 'python'
$$;
comment on function dbml._row_shadows(dbml.profile, dbml.prediction, text) is
  'Part of a row''s trigger: what shadows answer in the statement goes into the log, and nowhere else.';

-- Every key of a partitioned table has what decides the partition, so that few updates are asked.
create or replace function dbml._leaves(partition oid, key jsonb) returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  stays boolean;
begin
  execute format('select %s from jsonb_populate_record(null::%s, $1) r',
                 coalesce(pg_get_partition_constraintdef(partition), 'true'), partition::regclass) into stays using key;
  return not stays;
end
$$;
comment on function dbml._leaves(oid, jsonb) is 'Whether a row with that key does not fit the partition that it is in, so that its update moves it to another.';
