create or replace function dbml._bind_row(attached dbml.profile, anew boolean, without text default null) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction;
  last dbml.prediction;
  read text[];
  function text := format('profile_%s_score', attached.id);
  predictions text[] := '{}';
  columns text[] := '{}';
begin
  for prediction in select * from dbml.prediction r where r.profile = attached.id and r.model is distinct from without order by r.model loop
    if (dbml._deployed(prediction.model)).model is not null then
      read := dbml._row_columns(attached, prediction);
      predictions := predictions || dbml._row_prediction(attached, prediction, read);
      columns := columns || read;
      last := prediction;
    end if;
  end loop;
  return dbml._generate_from(
    format('dbml_scorer.%I()', function),
    'trigger',
    jsonb_build_object(
      'function', function,
      'rights', dbml._template('definer'),
      'body', format(E'\n%s\n', dbml._fill(dbml._template('row'), jsonb_build_object(
        'fits', format('profile_%s_fits_0', attached.id),
        'profile', attached.id,
        'counters', dbml._row_counters(attached),
        'waits', case when cardinality(predictions) = 1 then dbml._row_waits(attached, last) else '' end,
        'generated', dbml._row_generated(attached, columns),
        'predictions', array_to_string(predictions, E'\n'),
        'checks', dbml._row_checks(attached))))),
    format('Sets the counters of a new row of %s, and the predictions of every row.', attached.relation), false, anew);
end
$$;
comment on function dbml._bind_row(dbml.profile, boolean, text) is
  'Part of _bind: what happens to a row of a profile before it is written; without the predictions of a model, where one is named.';

create or replace function dbml._row_counters(attached dbml.profile) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select dbml._fill(dbml._template('row_counters'), jsonb_build_object(
             'same_key', (select string_agg(format('new.%1$s = old.%1$s', dbml._quoted(k)), ' and ' order by i)
                            from unnest(attached.key) with ordinality u(k, i)),
             'empty', string_agg(format('      new.%s := %s;', dbml._quoted(c.key), c.value ->> 'empty'), E'\n'),
             'new_key', format('profile_%s_rekeyed', attached.id)))
      from dbml.event e, jsonb_each(e.counters) c
     where e.profile = attached.id
    having count(*) > 0), '')
$$;
comment on function dbml._row_counters(dbml.profile) is 'Part of a row''s trigger: its counters; empty where it has none.';

create or replace function dbml._row_generated(attached dbml.profile, columns text[]) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select dbml._fill(dbml._template('row_generated'), jsonb_build_object(
             'expressions', string_agg(pg_get_expr(d.adbin, d.adrelid), ', ' order by a.attnum),
             'columns', string_agg('new.' || dbml._quoted(a.attname), ', ' order by a.attnum)))
      from pg_attribute a
      join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = attached.relation and a.attgenerated <> '' and not a.attisdropped
       and a.attname = any (columns)
    having count(*) > 0), '')
$$;
comment on function dbml._row_generated(dbml.profile, text[]) is
  'Part of a row''s trigger: the generated columns among these; empty where there is none.';

create or replace function dbml._row_waits(attached dbml.profile, prediction dbml.prediction) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce((
    select dbml._fill(dbml._template('row_waits'), jsonb_build_object(
             'same_counters', string_agg(format('new.%1$s is not distinct from old.%1$s', dbml._quoted(c)), ' and ' order by c),
             'same_score', format('new.%1$s is not distinct from old.%1$s', dbml._quoted(prediction.column_name)),
             'profile', attached.id,
             'model', prediction.model,
             'entity', dbml._entity(attached, 'new'),
             'checks', dbml._row_checks(attached)))
      from unnest(dbml._row_columns(attached, prediction)) c
     where exists (select from dbml.event e where e.profile = attached.id and e.counters ? c)
    having count(*) > 0 and prediction.mode = 'queued'), '')
$$;
comment on function dbml._row_waits(dbml.profile, dbml.prediction) is
  'Part of a row''s trigger: the short way of a row that will wait for its score, where that is its only one; else empty.';
