-- The rows of a query have no type of their own: "with t as (select * from customer) select dbml.score('churn', t) from t".
create or replace function dbml.score(model text, c record) returns float8
language plpgsql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  columns jsonb := to_jsonb(c);
  scorer text := dbml._scorer_by_columns(model, columns);
  result float8;
begin
  if scorer is null then
    return dbml.score(model, columns);
  end if;
  execute format('select %s($1, $2)', scorer) into result using model, columns;
  return result;
end
$$;
comment on function dbml.score(text, record) is
  'Score of a row of any query: as a row of the attached table whose columns it has, else by the features that it names.';

create or replace function dbml._scorer_by_columns(model text, columns jsonb) returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  fitting record;
begin
  -- The largest table that the row has every column of.
  select min(f.function) as function, string_agg(f.relation, ' and ' order by f.relation) as relations, count(*) as number
    into fitting
    from (select format('dbml_scorer.profile_%s_by_columns', p.id) as function, p.relation::regclass::text as relation,
                 rank() over (order by count(*) desc) as rank
            from dbml.prediction r
            join dbml.profile p on p.id = r.profile
            join pg_attribute a on a.attrelid = p.relation and a.attnum > 0 and not a.attisdropped
           where r.model = split_part(_scorer_by_columns.model, '@', 1)
           group by p.id
          having bool_and(columns ? a.attname::text)) f
   where f.rank = 1;
  if fitting.number > 1 then
    raise exception 'a row with these columns may be one of %', fitting.relations
      using errcode = 'DB009', hint = format('Say which: dbml.score(%L, t::%s).', model, split_part(fitting.relations, ' and ', 1));
  end if;
  return fitting.function;
end
$$;
comment on function dbml._scorer_by_columns(text, jsonb) is
  'The function that scores a row by its columns, as a row of an attached table; NULL where it is a row of none.';
