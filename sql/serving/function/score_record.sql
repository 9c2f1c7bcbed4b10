-- A row of no attached table, such as of a WITH or a view, is of a type that no other score() takes; and as soon as two
-- tables are attached, PostgreSQL could not choose between theirs.
create or replace function dbml.score(model text, c record) returns float8
language plpgsql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  loose jsonb := dbml._unpadded(model, to_jsonb(c));
  scorer text := dbml._loose_scorer(model, loose);
  result float8;
begin
  if scorer is null then
    return dbml.score(model, loose);
  end if;
  execute format('select %s($1, $2)', scorer) into result using model, loose;
  return result;
end
$$;
comment on function dbml.score(text, record) is
  'Score of a row of any query by the deployed version: as of a row of the attached table that has its columns, else as of loose values.';

create or replace function dbml._loose_scorer(model text, loose jsonb) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('dbml_scorer.%I', format('profile_%s_loose', p.id))
    from dbml.prediction r
    join dbml.profile p on p.id = r.profile
   where r.model = _loose_scorer.model
     -- What the features of the version are read from must be there: a column that is not would count as NULL.
     and not exists (
           select from jsonb_array_elements((dbml._deployed(_loose_scorer.model)).interface -> 'features') f
            cross join lateral unnest(coalesce(
                    dbml._columns_named(p.relation, r.features ->> (f ->> 'name')), array[f ->> 'name'])) u(name)
            where not _loose_scorer.loose ? u.name)
   order by (select count(*) from pg_attribute a
              where a.attrelid = p.relation and a.attnum > 0 and not a.attisdropped and _loose_scorer.loose ? a.attname) desc,
            p.id
   limit 1
$$;
comment on function dbml._loose_scorer(text, jsonb) is
  'The function that scores loose values as a row of the attached table whose features they have; NULL where there is none.';
