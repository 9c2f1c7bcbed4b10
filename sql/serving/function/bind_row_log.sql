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
  written text;
begin
  if prediction.log is null then
    return '';
  end if;
  written := dbml._fill(dbml._template('row_log'), jsonb_build_object(
    'segment', dbml._open_segment(),
    'relation', attached.relation,
    'model', prediction.model,
    'entity', entity,
    'score', case when failed then 'null' else 'new.' || dbml._quoted(prediction.column_name) end,
    'numbers', case prediction.log when 'scores' then 'null' else 'dbml_numbers' end,
    'texts', case prediction.log when 'scores' then 'null' else 'dbml_texts' end,
    'failure', case when failed then 'left(sqlstate || '': '' || sqlerrm, 1000)' else 'null' end));
  if prediction.log not in ('all', 'scores') then
    written := dbml._fill(dbml._template('row_log_sampled'), jsonb_build_object(
      'entity', entity, 'buckets', round(prediction.log::numeric * 10000), 'insert', written));
  end if;
  return dbml._fill(dbml._template('row_logged'), jsonb_build_object(
    'of_another', dbml._row_of_another(attached), 'profile', attached.id, 'insert', written));
end
$$;
comment on function dbml._row_logged(dbml.profile, dbml.prediction, boolean) is
  'Part of a row''s trigger: writes a prediction, or that there is none, into the log; empty where nothing is logged.';
