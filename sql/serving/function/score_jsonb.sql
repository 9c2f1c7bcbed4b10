create or replace function dbml.score(model text, features jsonb) returns float8
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  deployed dbml.scorer := dbml._scorer_named(model);
  inputs record := dbml._loose_inputs(deployed, model, features);
begin
  return dbml._score_arrays(deployed, inputs.numbers, inputs.texts);
end
$$;
comment on function dbml.score(text, jsonb) is
  'Score of loose feature values by the deployed version: dbml.score(''churn'', ''{"plan": "a", …}'').';

-- A literal without a type is taken for text where a function takes one, and is else "not unique" among jsonb and rows.
create or replace function dbml.score(model text, features text) returns float8
language sql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select dbml.score(model, features::jsonb)
$$;
comment on function dbml.score(text, text) is 'The same of JSON that is a text, or a literal without a type.';

create or replace function dbml._loose_inputs(
  deployed dbml.scorer, model text, features jsonb, out numbers float8[], out texts text[]
)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  feature jsonb;
  value jsonb;
  -- PostgreSQL pads char(n) with blanks that mean nothing: a row's own features come without them.
  padded text[] := array(
    select a.attname
      from dbml.prediction r
      join dbml.profile p on p.id = r.profile
      join pg_attribute a on a.attrelid = p.relation and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
     where r.model = deployed.model and 'bpchar'::regtype in (t.oid, t.typbasetype));
begin
  numbers := '{}';
  texts := '{}';
  for feature in select f from jsonb_array_elements(deployed.interface -> 'features') f loop
    value := features -> (feature ->> 'name');
    if value is null then
      raise exception 'feature % of model % is missing from the jsonb', quote_ident(feature ->> 'name'), quote_literal(model)
        using errcode = 'DB013', hint = format('Give every feature; null means unknown. The features: %s',
          (select string_agg(f ->> 'name', ', ') from jsonb_array_elements(deployed.interface -> 'features') f));
    end if;
    if feature ->> 'kind' = 'text' then
      if jsonb_typeof(value) not in ('string', 'null') then
        raise exception 'feature % of model % is text, the jsonb holds a %',
          quote_ident(feature ->> 'name'), quote_literal(model), jsonb_typeof(value)
          using errcode = 'DB013', hint = 'Write it in double quotes.';
      end if;
      texts := texts || case when feature ->> 'name' = any (padded) then rtrim(value #>> '{}', ' ') else value #>> '{}' end;
    else
      -- Asked before, and not caught after: this may run in a parallel worker, which begins no subtransaction.
      if (case jsonb_typeof(value)
           when 'number' then value::numeric <> 0
             and abs(value::numeric) not between 2.4703282292062328e-324 and 1.797693134862315807e308
           when 'string' then value #>> '{}' not in ('NaN', 'Infinity', '-Infinity')
           else jsonb_typeof(value) not in ('null', 'boolean')
         end) then
        raise exception 'feature % of model % is a number, the jsonb holds %',
          quote_ident(feature ->> 'name'), quote_literal(model), left(value::text, 60)
          using errcode = 'DB013', hint = 'Give a number that fits double precision, or null.';
      end if;
      numbers := numbers || case jsonb_typeof(value)
        when 'boolean' then (value::boolean)::int::float8
        else (value #>> '{}')::float8
      end;
    end if;
  end loop;
end
$$;
comment on function dbml._loose_inputs(dbml.scorer, text, jsonb) is 'Loose feature values as the two arrays that scorers take.';

-- For what the generated score() has no branch of its own: 'churn@3', which serves nobody now.
create or replace function dbml._score_by_name(model text, c jsonb) returns float8
language plpgsql
stable parallel unsafe -- that version may run on Python
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when model like '%@%' then dbml.score(model, c) else dbml._not_deployed(model) end;
end
$$;
comment on function dbml._score_by_name(text, jsonb) is 'Score of a row by a version or an arm that has no function for the row''s table.';

create or replace function dbml._score_arrays(version dbml.scorer, numbers float8[], texts text[]) returns float8
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  kept regprocedure := case version.engine
    when 'sql' then to_regprocedure(dbml._kept_scorer(version.model, version.version) || '(float8[], text[])') end;
  result float8;
begin
  execute 'select ' || case
      when kept is not null then format('%s($1, $2)', kept::oid::regproc)
      -- Nothing has prepared that version since an upgrade.
      else dbml._scorer_call(version,
        array(select format('$1[%s]', i) from generate_series(1, cardinality(numbers)) i),
        array(select format('$2[%s]', i) from generate_series(1, cardinality(texts)) i))
    end
    into result using numbers, texts;
  return result;
end
$$;
comment on function dbml._score_arrays(dbml.scorer, float8[], text[]) is 'Scores one row of loose values.';
