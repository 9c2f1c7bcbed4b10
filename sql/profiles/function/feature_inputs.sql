-- How one prediction's features are read from a profile row called ROW_NAME: an SQL expression for each number and
-- each text, and the columns they depend on. Features given as an expression are functions, made by _bind_features.
create or replace function dbml._feature_inputs(
  prediction dbml.prediction, version dbml.scorer, row_name text,
  out numbers text[], out texts text[], out columns text[]
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  relation regclass := (select p.relation from dbml.profile p where p.id = prediction.profile);
  feature record;
  base regtype;
  category "char";
  used text[];
  input text;
begin
  numbers := '{}';
  texts := '{}';
  columns := '{}';
  for feature in
    select f.value ->> 'name' as name, f.value ->> 'kind' as kind,
           prediction.features ->> (f.value ->> 'name') as expression
      from jsonb_array_elements(version.interface -> 'features') with ordinality f
     order by f.ordinality
  loop
    if feature.expression is null then
      select case t.typtype when 'd' then t.typbasetype else t.oid end, array[a.attname::text]
        into base, used
        from pg_attribute a
        join pg_type t on t.oid = a.atttypid
       where a.attrelid = relation and a.attname = feature.name and a.attnum > 0 and not a.attisdropped;
      if base is null then
        raise exception 'feature % of %@% is no column of %',
          quote_ident(feature.name), version.model, version.version, relation
          using errcode = 'DB009',
                hint = 'Add the column, or say under [prediction.features] which expression gives it.';
      end if;
      select t.typcategory into category from pg_type t where t.oid = base;
      if (feature.kind = 'text') <> (category in ('S', 'E'))
         or feature.kind <> 'text' and category not in ('N', 'B') then
        raise exception 'feature % of %@% is %, column % of % is %',
          quote_ident(feature.name), version.model, version.version,
          case feature.kind when 'text' then 'text' else 'a number' end,
          quote_ident(feature.name), relation, format_type(base, null)
          using errcode = 'DB009',
                hint = 'Say under [prediction.features] which expression gives it, with a cast.';
      end if;
      input := format('%s.%s', row_name, dbml._quoted(feature.name)) || case when category = 'B' then '::int' else '' end;
    else
      used := dbml._columns_named(relation, feature.expression);
      input := format('dbml_scorer.%s(%s)',
        dbml._quoted(dbml._feature_function(prediction, feature.name)),
        (select string_agg(format('%s.%s', row_name, dbml._quoted(u)), ', ') from unnest(used) u));
    end if;
    columns := columns || used;
    if feature.kind = 'text' then
      texts := texts || (input || '::text');
    else
      numbers := numbers || (input || '::float8');
    end if;
  end loop;
end
$$;
comment on function dbml._feature_inputs(dbml.prediction, dbml.scorer, text) is
  'SQL by which a prediction reads its features from a profile row.';

-- Numbered among those of the spec: versions that serve side by side may have them in another order.
create or replace function dbml._feature_function(prediction dbml.prediction, feature text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('profile_%s_%s_feature_%s', prediction.profile, prediction.model, count(*))
    from jsonb_object_keys(prediction.features) k
   where k collate "C" <= feature
$$;
comment on function dbml._feature_function(dbml.prediction, text) is 'The name of the function for a feature that is given as an expression.';

-- The parameters of such a function are the columns that the expression names: so the expression is written without a
-- qualifier and still inlines. Its body is parsed here and now, with the search_path of this function: whoever calls
-- score() brings no operator into it.
create or replace function dbml._bind_features(prediction dbml.prediction, version dbml.scorer, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  relation regclass := (select p.relation from dbml.profile p where p.id = prediction.profile);
  feature record;
  named record;
  function text;
  nothing record;
  changed integer := 0;
begin
  for feature in
    select f.value ->> 'name' as name, f.value ->> 'kind' as kind,
           prediction.features ->> (f.value ->> 'name') as expression
      from jsonb_array_elements(version.interface -> 'features') with ordinality f
     where prediction.features ? (f.value ->> 'name')
     order by f.ordinality
  loop
    -- A loop takes one query only, so that what is no expression ends here; it is not evaluated.
    for nothing in execute format(E'select (%s\n) from %s limit 0', feature.expression, relation) loop
    end loop;
    select string_agg(format('%s %s', dbml._quoted(a.attname), format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) as parameters,
           string_agg(format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as types,
           array_agg(a.attname::text order by a.attnum) as names
      into named
      from pg_attribute a
     where a.attrelid = relation and a.attname = any (dbml._columns_named(relation, feature.expression)) and not a.attisdropped;
    function := dbml._feature_function(prediction, feature.name);
    -- A function cannot be replaced by one whose parameters have other names, as they do when a column is renamed.
    if exists (select from pg_proc p
                where p.oid = to_regprocedure(format('dbml_scorer.%I(%s)', function, named.types))
                  and p.proargnames is distinct from named.names) then
      execute format('drop function dbml_scorer.%I(%s)', function, named.types);
    end if;
    -- Inlined into the query of who scores, it runs with his rights.
    changed := changed + dbml._generate_from(
      format('dbml_scorer.%I(%s)', function, named.types),
      'feature',
      jsonb_build_object(
        'function', function,
        'parameters', coalesce(named.parameters, ''),
        'type', case feature.kind when 'text' then 'text' when 'boolean' then 'integer' else 'float8' end,
        'expression', format(
          case feature.kind when 'text' then E'(%s\n)::text' when 'boolean' then E'(%s\n)::boolean::integer' else E'(%s\n)::float8' end,
          feature.expression)),
      format('The feature %s of %s, from a row of %s.', feature.name, prediction.model, relation), true, anew);
  end loop;
  return changed;
end
$$;
comment on function dbml._bind_features(dbml.prediction, dbml.scorer, boolean) is
  'Part of _bind: a function for each feature that is given as an expression.';

create or replace function dbml._columns_named(relation regclass, expression text) returns text[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(a.attname::text order by a.attnum)
    from pg_attribute a
   where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
     and position(lower(a.attname) in lower(expression)) > 0
$$;
comment on function dbml._columns_named(regclass, text) is 'Columns whose names stand in an expression; some may be there by chance.';
