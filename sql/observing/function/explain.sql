-- A row is read with its caller's rights; what explains is handed values alone.
create or replace function dbml.explain(model text, c anyelement, scale text default 'margin')
returns table (feature text, value text, contribution float8, base float8)
language sql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select e.feature, e.value, e.contribution, e.base
    from dbml._row_inputs(model, c) g
   cross join lateral dbml._explained(g.model, g.version, g.numbers, g.texts, scale) e
$$;
comment on function dbml.explain(text, anyelement, text) is
  'What each feature of a row adds to the base of its model''s scores: dbml.explain(''churn'', c). The base and the contributions '
  'add up to the margin, or with scale => ''probability'' to the score.';

create or replace function dbml.explain(model text, features jsonb, scale text default 'margin')
returns table (feature text, value text, contribution float8, base float8)
language sql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select e.feature, e.value, e.contribution, e.base
    from dbml._named_inputs(model, features) g
   cross join lateral dbml._explained(g.model, g.version, g.numbers, g.texts, scale) e
$$;
comment on function dbml.explain(text, jsonb, text) is
  'What each of loose feature values adds to the base of a model''s scores: dbml.explain(''churn'', ''{"plan": "a", …}''::jsonb).';

create or replace function dbml._row_inputs(named text, c anyelement, out model text, out version integer, out numbers float8[], out texts text[])
language plpgsql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  relation oid := (select t.typrelid from pg_type t where t.oid = pg_typeof(c));
  reading record := dbml._row_reading(named, relation);
begin
  if reading.version is null then
    select g.model, g.version, g.numbers, g.texts into model, version, numbers, texts
      from dbml._named_inputs(named, to_jsonb(c)) g;
    return;
  end if;
  model := reading.model;
  execute reading.version into version using c;
  execute dbml._row_inputs_query(model, version, relation) into numbers, texts using c;
end
$$;
comment on function dbml._row_inputs(text, anyelement) is
  'The version that scores a row, and what it takes of it; rows of no profile of the model are read by the names of their columns.';

create or replace function dbml._row_reading(named text, relation oid, out model text, out version text)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(named);
  attached dbml.profile;
  prediction dbml.prediction;
begin
  model := scorer.model;
  select p.* into attached from dbml.profile p where p.relation = _row_reading.relation;
  select r.* into prediction from dbml.prediction r where r.profile = attached.id and r.model = scorer.model;
  if prediction.model is null then
    return;
  end if;
  version := format('select %s from (select ($1).*) q',
    case when named = model then dbml._routed(attached, prediction, 'version', 'q') else scorer.version::text end);
end
$$;
comment on function dbml._row_reading(text, oid) is
  'A query for the version that scores a row, $1; NULL where the row is of no profile of the model.';

create or replace function dbml._row_inputs_query(model text, version integer, relation oid) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  names text[];
  types oid[];
  inputs record;
begin
  select array_agg(a.attname::text order by a.attnum), array_agg(a.atttypid order by a.attnum) into names, types
    from pg_attribute a
   where a.attrelid = relation and a.attnum > 0 and not a.attisdropped;
  inputs := dbml._scores_inputs(model, dbml._scorer(model, version), relation, names, types);
  return format('select %s from (select ($1).*) q(%s)', dbml._arrays(inputs.numbers, inputs.texts), dbml._numbered('c%s', names));
end
$$;
comment on function dbml._row_inputs_query(text, integer, oid) is 'A query for what a version takes of a row, $1, of a profile.';

create or replace function dbml._named_inputs(named text, features jsonb, out model text, out version integer, out numbers float8[], out texts text[])
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(named);
begin
  model := scorer.model;
  version := scorer.version;
  select j.numbers, j.texts into numbers, texts from dbml._loose_inputs(scorer, named, features) j;
end
$$;
comment on function dbml._named_inputs(text, jsonb) is 'The version that scores loose feature values, and what it takes of them.';

create or replace function dbml._explained(model text, version integer, numbers float8[], texts text[], scale text)
returns table (feature text, value text, contribution float8, base float8)
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  answer float8[];
begin
  if dbml._has_plpython() then
    answer := dbml._explain(model, version, numbers, texts, scale);
  else
    answer := dbml._explain_in_sql(model, version, numbers, texts, scale);
  end if;
  return query
    select v.name, v.value, answer[v.place + 1], answer[1] from dbml._values(model, version, numbers, texts) v order by v.place;
end
$$;
comment on function dbml._explained(text, integer, float8[], text[], text) is 'Explains one row''s values by one version.';

-- Where there is no PL/Python: a model without trees is an expression, which was checked when it was stored.
create or replace function dbml._explain_in_sql(model text, version integer, numbers float8[], texts text[], scale text) returns float8[]
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  stored json := (select b.content -> 'sql' from dbml.background b
                   where b.model = _explain_in_sql.model and b.version = _explain_in_sql.version);
  found float8[];
  moved float8;
  ratio float8 := 1;
  base float8 := stored ->> 'base';
begin
  if stored is null then
    perform dbml._require_plpython();
  end if;
  execute 'select ' || dbml._filled(array(select json_array_elements_text(stored -> 'expression')),
    array(select format('$1[%s]', i) from generate_series(1, cardinality(numbers)) i),
    array(select format('$2[%s]', i) from generate_series(1, cardinality(texts)) i))
    into found using numbers, texts;
  if scale = 'probability' and stored ->> 'linked' is not null then
    moved := (select sum(f) from unnest(found) f);
    base := stored ->> 'linked';
    ratio := case when abs(moved) < 1e-6 then (stored ->> 'slope')::float8
                  else (dbml._score_arrays(dbml._scorer(model, version), numbers, texts) - base) / moved end;
  elsif scale <> 'margin' then
    raise exception '%@% has no scale %', model, version, quote_literal(scale)
      using errcode = 'DB013', hint = 'Leave scale away: contributions add up to the margin.';
  end if;
  return array_prepend(base, array(select f * ratio from unnest(found) with ordinality u(f, i) order by i));
end
$$;
comment on function dbml._explain_in_sql(text, integer, float8[], text[], text) is 'As _explain, for models without trees, in SQL alone.';

create or replace function dbml._has_plpython() returns boolean
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select to_regprocedure('dbml._explain(text, integer, float8[], text[], text)') is not null
$$;
comment on function dbml._has_plpython() is 'Whether there is PL/Python, which explains.';

create or replace function dbml._require_plpython() returns void
language plpgsql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if not dbml._has_plpython() then
    raise exception 'such explanations need PL/Python, and this database has none'
      using errcode = 'DB001', hint = 'Without it, one row of a linear model can be explained, and dbml.explain_change() tells what a change did.';
  end if;
end
$$;
comment on function dbml._require_plpython() is 'Refuses to explain by what there is PL/Python for, where there is none.';

create or replace function dbml._values(model text, version integer, numbers float8[], texts text[])
returns table (place integer, name text, value text, of_texts boolean, position_in_array integer)
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.place, s.name,
         case s.kind when 'text' then texts[s.i]
                     when 'boolean' then case numbers[s.i] when 1 then 'true' when 0 then 'false' else numbers[s.i]::text end
                     else numbers[s.i]::text end,
         s.kind = 'text', s.i
    from (select f.ordinality::integer as place, f.value ->> 'name' as name, f.value ->> 'kind' as kind,
                 (row_number() over (partition by f.value ->> 'kind' = 'text' order by f.ordinality))::integer as i
            from dbml.model_version v
           cross join jsonb_array_elements(v.interface -> 'features') with ordinality f
           where v.model = _values.model and v.version = _values.version) s
$$;
comment on function dbml._values(text, integer, float8[], text[]) is
  'The features of a version in order, each with its value as text, and its place among the numbers or the texts.';
