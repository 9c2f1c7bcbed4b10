-- Rows that have every feature of both versions, of either's golden ones; a refused row has no score.
create or replace function dbml.compare(
  model text, one integer, other integer, out features jsonb, out one_score float8, out other_score float8
) returns setof record
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  missing integer;
begin
  select v into missing from unnest(array[one, other]) v where (dbml._scorer(compare.model, v)).model is null limit 1;
  if missing is not null then
    raise exception 'there is no %@%', model, missing
      using errcode = 'DB005', hint = 'dbml model list shows what there is';
  end if;
  for features in
    select distinct r.row
      from dbml.model_version v
     cross join lateral (
             select jsonb_object_agg(v.interface -> 'features' -> (e.i::integer - 1) ->> 'name', e.item) as row
               from jsonb_array_elements(v.golden -> 'rows') with ordinality g(golden, place)
              cross join jsonb_array_elements(g.golden) with ordinality e(item, i)
              group by g.place
           ) r
     where v.model = compare.model and v.version in (one, other)
       and not exists (
             select from dbml.model_version b
              cross join jsonb_array_elements(b.interface -> 'features') f
              where b.model = compare.model and b.version in (one, other) and not r.row ? (f ->> 'name'))
     order by r.row
  loop
    one_score := dbml._score_named(dbml._scorer(model, one), features);
    other_score := dbml._score_named(dbml._scorer(model, other), features);
    return next;
  end loop;
end
$$;
comment on function dbml.compare(text, integer, integer) is
  'Scores the golden rows of two versions by both of them.';

create or replace function dbml._score_named(version dbml.scorer, named jsonb) returns float8
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return dbml._score_arrays(version,
    array(select case named ->> (f.item ->> 'name') when 'true' then 1 when 'false' then 0
                 else (named ->> (f.item ->> 'name'))::float8 end
            from jsonb_array_elements(version.interface -> 'features') with ordinality f(item, i)
           where f.item ->> 'kind' <> 'text'
           order by f.i),
    array(select named ->> (f.item ->> 'name')
            from jsonb_array_elements(version.interface -> 'features') with ordinality f(item, i)
           where f.item ->> 'kind' = 'text'
           order by f.i));
exception when query_canceled then
  raise;
when others then
  return null;
end
$$;
comment on function dbml._score_named(dbml.scorer, jsonb) is 'Scores one row of values by name; NULL where it is refused.';
