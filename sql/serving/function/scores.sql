-- The rows are read as their caller would read them: with his rights, under his policies, by his search_path. So these
-- functions and `_fetch` have none of their own, and every name in them is qualified. What scores is handed values alone.
create or replace function dbml.scores(model text, rows text)
returns table (key text[], version integer, score float8, outputs jsonb)
language sql
stable parallel unsafe
security invoker
as $$
  select s.key, s.version, s.score, s.outputs
    from dbml._scores(model, case when dbml._is_a_name(rows) then rows::pg_catalog.regclass end, rows) s
$$;
comment on function dbml.scores(text, text) is
  'Scores many rows: dbml.scores(''churn'', ''select * from customer where …''), or a table''s name; churn@2 names a '
  'version. The score of a row that the model refuses is NULL, and the others are scored. The key is that of the '
  'model''s profile where the rows have its columns, a table''s primary key, or the column called key.';

create or replace function dbml._scores(model text, relation regclass, source text)
returns table (key text[], version integer, score float8, outputs jsonb)
language plpgsql
stable parallel unsafe
security invoker
set cursor_tuple_fraction = 1 -- every row will be fetched
as $$
declare
  read record;
  reading record;
  batches refcursor;
begin
  read := dbml._read_source(relation, source);
  reading := dbml._scores_reading(model, relation, read.names, read.types);
  if reading.batch is null then
    return query execute pg_catalog.format('select %s from %s', reading.columns, read.rows);
    return;
  end if;
  -- A query in parentheses, because pgspot reads what OPEN executes as a statement.
  open batches no scroll for
    execute (select pg_catalog.format('select %s from %s', reading.columns, read.rows));
  loop
    return query execute reading.batch using batches::text;
    exit when not found;
  end loop;
  close batches;
end
$$;
comment on function dbml._scores(text, regclass, text) is
  'Scores the rows of a query; where they are a table''s, the features that the table''s profile gives by an expression too.';

create or replace function dbml._read_source(relation regclass, source text, out rows text, out names text[], out types pg_catalog.oid[])
language plpgsql
stable parallel unsafe
security invoker
as $$
declare
  aliases text;
  described pg_catalog.json;
begin
  if dbml._is_a_name(source) then
    source := pg_catalog.format('select * from %s', relation);
  end if;
  -- As a statement is typed, it may end with a semicolon, and stands in parentheses here.
  source := pg_catalog.regexp_replace(source, '[;\s]+$', '');
  -- One row of nulls, and nothing of the source is read.
  execute pg_catalog.format(
    E'select pg_catalog.row_to_json(d) from (select q.* from (select) o left join (%s\n) q on false) d', source)
    into described;
  names := array(select pg_catalog.json_object_keys(described));
  -- By place, because a query may give two columns one name.
  aliases := (select pg_catalog.string_agg(pg_catalog.format('c%s', i), ', ' order by i)
                from pg_catalog.generate_subscripts(names, 1) i);
  execute pg_catalog.format(
    E'select array[%s]::pg_catalog.oid[] from (select) o left join (%s\n) q(%s) on false',
    (select pg_catalog.string_agg(pg_catalog.format('pg_catalog.pg_typeof(q.c%s)', i), ', ' order by i)
       from pg_catalog.generate_subscripts(names, 1) i),
    source, aliases)
    into types;
  rows := pg_catalog.format(E'(%s\n) q(%s)', source, aliases);
end
$$;
comment on function dbml._read_source(regclass, text) is
  'A query''s rows as q(c1, c2, …), for a FROM, with the names and types of these columns; nothing of them is read.';

create or replace function dbml._is_a_name(rows text) returns boolean
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select rows ~ '^\s*(?:[[:alpha:]_][\w$]*|"(?:[^"]|"")+")(?:\s*\.\s*(?:[[:alpha:]_][\w$]*|"(?:[^"]|"")+"))*\s*$'
$$;
comment on function dbml._is_a_name(text) is 'Whether what scores() is given is a table''s name, and no query.';

-- Volatile, because that is what may run FETCH.
create or replace function dbml._fetch(batches text, rows integer) returns setof record
language plpgsql
volatile parallel unsafe
security invoker
as $$
begin
  return query execute pg_catalog.format('fetch forward %s from %I', rows, batches);
end
$$;
comment on function dbml._fetch(text, integer) is 'The next rows of a cursor of the session, for a query over them.';

create or replace function dbml._scores_inputs(
  model text, scorer dbml.scorer, relation regclass, names text[], types oid[], out numbers text[], out texts text[]
)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  features jsonb := scorer.interface -> 'features';
  prediction dbml.prediction;
  feature record;
  place integer;
  input text;
begin
  numbers := '{}';
  texts := '{}';
  select r.* into prediction
    from dbml.prediction r
    join dbml.profile p on p.id = r.profile
   where r.model = scorer.model and p.relation = _scores_inputs.relation;
  for feature in
    select f.value ->> 'name' as name, f.value ->> 'kind' as kind from jsonb_array_elements(features) with ordinality f order by f.ordinality
  loop
    place := array_position(names, feature.name);
    if prediction.features ? feature.name then
      input := dbml._feature_call(prediction, feature.name, names);
    elsif place is null then
      raise exception 'feature % of model % is missing from the rows', quote_ident(feature.name), quote_literal(model)
        using errcode = 'DB013', hint = format('Give every feature as a column of its name; null means unknown. The features: %s',
          (select string_agg(f ->> 'name', ', ') from jsonb_array_elements(features) f));
    else
      input := dbml._typed_input(model, feature.name, feature.kind, types[place], format('q.c%s', place));
    end if;
    if feature.kind = 'text' then
      texts := texts || (input || '::text');
    else
      numbers := numbers || (input || '::float8');
    end if;
  end loop;
end
$$;
comment on function dbml._scores_inputs(text, dbml.scorer, regclass, text[], oid[]) is
  'How scores() reads the features of one version from its rows.';

create or replace function dbml._scores_routes(model text, serving dbml.scorer, relation regclass, names text[])
returns table (place integer, scorer dbml.scorer, condition text, held_out text)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
#variable_conflict use_column
declare
  attached dbml.profile;
  prediction dbml.prediction;
  keys text[];
  bucket text;
  predicate text := (select o.predicate from dbml.rollout o where o.model = _scores_routes.model);
begin
  select p.* into attached
    from dbml.profile p
    join dbml.prediction r on r.profile = p.id
   where r.model = _scores_routes.model and p.key::text[] <@ names
     and (_scores_routes.relation is null or p.relation = _scores_routes.relation)
   order by p.id
   limit 1;
  -- Rows without the key belong to nobody: the control scores them. Who names a version has it for every row.
  if attached.id is null or serving.model <> _scores_routes.model then
    return query select 0, serving, null, null;
    return;
  end if;
  select r.* into prediction from dbml.prediction r where r.profile = attached.id and r.model = _scores_routes.model;
  select array_agg(format('q.c%s::%s', array_position(names, a.attname::text), format_type(a.atttypid, a.atttypmod)) order by k.i) into keys
    from unnest(dbml._bucket_columns(attached)) with ordinality k(name, i)
    join pg_attribute a on a.attrelid = attached.relation and a.attname = k.name;
  if not dbml._bucket_columns(attached) <@ names
     and (prediction.holdout is not null or exists (select from dbml.serving s where s.model = prediction.model and s.arm <> 'control' and s.share > 0)) then
    raise exception 'the rows lack the column by which % chooses its version: %', quote_literal(prediction.model), dbml._bucket_column(attached)
      using errcode = 'DB013', hint = 'Give it as a column, or name a version, such as churn@2.';
  end if;
  held_out := dbml._held_out(attached, prediction, keys);
  bucket := dbml._bucket(attached, prediction.model, keys);
  bucket := coalesce('case when not (' || held_out || ') then ' || bucket || ' end', bucket);
  if predicate is not null and exists (select from dbml.serving s where s.model = prediction.model and s.arm <> 'control' and s.share > 0) then
    if not dbml._columns_named(attached.relation, predicate) <@ names then
      raise exception 'the rows lack a column by which % chooses its version: %', quote_literal(prediction.model), predicate
        using errcode = 'DB013', hint = 'Give it as a column, or name a version, such as churn@2.';
    end if;
    bucket := format('case when dbml_scorer.%s(%s) then %s end', dbml._quoted(dbml._where_function(prediction)),
      (select string_agg(format('q.c%s', array_position(names, c)), ', ' order by i)
         from unnest(dbml._columns_named(attached.relation, predicate)) with ordinality u(c, i)), bucket);
  end if;
  return query
    select (row_number() over (order by r.condition is null, r.arm))::integer - 1, r.scorer, r.condition, held_out
      from dbml._routes(attached, prediction, bucket) r
     order by 1;
end
$$;
comment on function dbml._scores_routes(text, dbml.scorer, regclass, text[]) is
  'The versions that scores() asks, each with the condition under which a row, named q, is its; the last has the rest. And which rows are held out.';

create or replace function dbml._numbered(pattern text, items text[]) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(format(pattern, i), ', ' order by i) from generate_subscripts(items, 1) i
$$;
comment on function dbml._numbered(text, text[]) is 'A pattern filled with 1, 2, … for each element; NULL for none.';

create or replace function dbml._scorer_named(model text) returns dbml.scorer
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  named text[] := regexp_match(model, '^(.*)@([^@]+)$');
  scorer dbml.scorer := dbml._deployed(model);
begin
  if scorer.model is not null or named is null then
    if scorer.model is null then
      perform dbml._not_deployed(model);
    end if;
    return scorer;
  end if;
  if named[2] ~ '^[0-9]{1,9}$' then
    scorer := dbml._scorer(named[1], named[2]::integer);
  else
    select dbml._scorer(s.model, s.version) into scorer from dbml.serving s where s.model = named[1] and s.arm = named[2];
  end if;
  if scorer.model is null then
    raise exception 'there is no %', model using errcode = 'DB005', hint = 'dbml model list shows what there is, dbml serving which arms there are';
  end if;
  return scorer;
end
$$;
comment on function dbml._scorer_named(text) is 'What scoring needs by the version that serves as churn, by churn@2 or by churn@candidate.';

create or replace function dbml._typed_input(model text, feature text, kind text, type oid, input text) returns text
language plpgsql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  base regtype;
  category "char";
begin
  select coalesce(nullif(t.typbasetype, 0), t.oid) into base from pg_type t where t.oid = type;
  select t.typcategory into category from pg_type t where t.oid = base;
  if (kind = 'text') <> (category in ('S', 'E')) or kind <> 'text' and category not in ('N', 'B') then
    raise exception 'feature % of model % is %, the rows hold %', quote_ident(feature), quote_literal(model),
      case kind when 'text' then 'text' else 'a number' end, format_type(type, null)
      using errcode = 'DB013', hint = 'Cast it in the query.';
  end if;
  return input || case when category = 'B' and kind <> 'text' then '::integer' else '' end;
end
$$;
comment on function dbml._typed_input(text, text, text, oid, text) is 'A feature''s column as scorers take it, if its type fits.';

-- Functions are made for the versions that serve the profile; a feature that only another version has is not there.
create or replace function dbml._feature_call(prediction dbml.prediction, feature text, names text[]) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  call text;
begin
  select format('dbml_scorer.%I(%s)', f.proname,
                (select string_agg(format('q.c%s', array_position(names, a)), ', ' order by i)
                   from unnest(f.proargnames) with ordinality u(a, i)))
    into call
    from dbml.serving s
    join dbml.model_version v on v.model = s.model and v.version = s.version
    join pg_proc f on f.pronamespace = 'dbml_scorer'::regnamespace and f.proname = dbml._feature_function(prediction, feature)::name
   where s.model = prediction.model
     and exists (select from jsonb_array_elements(v.interface -> 'features') d where d ->> 'name' = feature)
   limit 1;
  if call is null then
    raise exception 'feature % of model % comes from an expression that the version serving now does not have',
      quote_ident(feature), quote_literal(prediction.model)
      using errcode = 'DB013', hint = 'Give a query that yields it instead of the table''s name.';
  end if;
  return call;
end
$$;
comment on function dbml._feature_call(dbml.prediction, text, text[]) is 'A feature given by an expression, read from rows named q.';

create or replace function dbml._key_of_rows(model text, relation regclass, names text[]) returns text[]
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select coalesce(
    (select p.key
       from dbml.prediction r
       join dbml.profile p on p.id = r.profile
      where r.model = _key_of_rows.model and p.key::text[] <@ names
        and (_key_of_rows.relation is null or p.relation = _key_of_rows.relation)
      order by p.id limit 1)::text[],
    (select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
       from pg_index i
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = _key_of_rows.relation and i.indisprimary),
    array(select 'key' where 'key' = any (names)))
$$;
comment on function dbml._key_of_rows(text, regclass, text[]) is
  'The columns that are the key of rows to be scored: the profile''s, the table''s, or the one called key; perhaps none.';

create or replace function dbml._careful_or_null(model text, version integer, numbers float8[], texts text[]) returns float8
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  result float8;
begin
  execute format('select %s($1, $2)', dbml._careful_scorer(model, version)) into result using numbers, texts;
  return result;
exception when sqlstate 'DB013' then
  return null;
end
$$;
comment on function dbml._careful_or_null(text, integer, float8[], text[]) is
  'The score of a row that plain arithmetic turned away; NULL where the model refuses it.';
