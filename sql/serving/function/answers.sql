-- Many rows by one version, apart from any trigger: together if that is possible, and else one by one, so that a row
-- that cannot be scored costs no other its answer.
create or replace function dbml._answers(model text, version integer, source text, numbers text[], texts text[], places text[])
returns table (place text, score float8, failure text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  query constant text := dbml._answers_query(dbml._scorer(model, version), source, numbers, texts);
  reached text[];
  scores float8[];
  failures text[];
begin
  begin
    execute query into reached, scores, failures using places;
    return query select * from unnest(reached, scores, failures);
    return;
  exception when others then
    null;
  end;
  foreach place in array places loop
    begin
      execute query into reached, scores, failures using array[place];
      continue when reached is null;
      score := scores[1];
      failure := failures[1];
    exception when others then
      score := null;
      failure := left(sqlstate || ': ' || regexp_replace(sqlerrm, '^plpy\.Error: ', ''), 1000);
    end;
    return next;
  end loop;
end
$$;
comment on function dbml._answers(text, integer, text, text[], text[], text[]) is
  'Scores rows by one version: SOURCE joins them to their places, u.place, and NUMBERS and TEXTS read the features; returns for each that it finds a score, or why there is none.';

create or replace function dbml._answers_query(scorer dbml.scorer, source text, numbers text[], texts text[]) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select format($query$
    with due as materialized (
      select %1$s from unnest($1) with ordinality u(place, i) %2$s
    ), scored as (
      %3$s
    )
    select array_agg(d.place), array_agg(s.score), array_agg(s.failure)
      from due d
      join (select s.n, s.score, case when s.score is null then dbml._why_no_score(%4$L, %5$s, %6$s) end as failure
              from scored s
              join due d using (n)) s using (n)$query$,
    concat_ws(', ', 'u.place', 'row_number() over (order by u.i) - 1 as n',
      (select string_agg(format('%s as n%s', input, i), ', ' order by i) from unnest(numbers) with ordinality u(input, i)),
      (select string_agg(format('%s as t%s', input, i), ', ' order by i) from unnest(texts) with ordinality u(input, i))),
    source,
    case scorer.engine
      when 'sql' then format('select d.n, coalesce(%s, dbml._careful_or_null(%L, %s, %s)) as score from due d',
        dbml._filled(scorer.expression, own.n, own.t), scorer.model, scorer.version, dbml._arrays(own.n, own.t))
      else dbml._by_batches(format('dbml._score_rows(%L, %L, count(*)::integer, %%s)::float8[]', scorer.fingerprint, scorer.engine), own.n, own.t, 'score') end,
    scorer.model, scorer.version, dbml._arrays(own.n, own.t))
    from (select coalesce(string_to_array(dbml._numbered('d.n%s', numbers), ', '), '{}') as n,
                 coalesce(string_to_array(dbml._numbered('d.t%s', texts), ', '), '{}') as t) own
$$;
comment on function dbml._answers_query(dbml.scorer, text, text[], text[]) is
  'A query that scores rows by one version in bulk: an array of their places, one of scores and one of failures.';

create or replace function dbml._why_no_score(model text, version integer, numbers float8[], texts text[]) returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml._score_arrays(dbml._scorer(model, version), numbers, texts);
  return 'DB013: the version does not answer among other rows';
exception when others then
  return left(sqlstate || ': ' || regexp_replace(sqlerrm, '^plpy\.Error: ', ''), 1000);
end
$$;
comment on function dbml._why_no_score(text, integer, float8[], text[]) is 'Why a version does not answer a row.';
