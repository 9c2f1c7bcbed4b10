create or replace function dbml.verify(
  model text, version integer,
  out rows integer, out differing integer, out largest_difference float8, out worst_row integer, out error text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.* from dbml._verify(model, version, null) v
$$;
comment on function dbml.verify(text, integer) is
  'Scores a version''s golden rows in this server and compares with the estimator''s own answers.';

create or replace function dbml._verify(
  model text, version integer, engine text,
  out rows integer, out differing integer, out largest_difference float8, out worst_row integer, out error text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  scorer dbml.scorer := dbml._scorer(model, version, engine);
  golden record;
  answer float8;
  reason text;
begin
  if scorer.model is null then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005', hint = 'dbml model list shows what there is';
  end if;
  if scorer.engine = 'python' then
    -- In one vectorised call: an estimator takes as long for one row as for all.
    execute 'select * from dbml._verify_python($1, $2)' using model, version
      into rows, differing, largest_difference, worst_row, error;
    return;
  end if;
  rows := 0;
  differing := 0;
  largest_difference := 0;
  for golden in select * from dbml._golden_rows(model, version) loop
    rows := rows + 1;
    begin
      answer := dbml._score_arrays(scorer, golden.numbers, golden.texts);
      reason := 'an answer where the estimator refuses';
    exception when others then
      answer := null;
      reason := sqlerrm;
    end;
    -- The bound of dbml.scorer.parity; a refused row has no score.
    if answer is null and golden.score is null
       or abs(answer - golden.score) <= 1e-9 + 1e-12 * abs(golden.score) then
      if abs(answer - golden.score) > largest_difference then
        largest_difference := abs(answer - golden.score);
        worst_row := case when differing = 0 then golden.place else worst_row end;
      end if;
    else
      differing := differing + 1;
      if differing = 1 or coalesce(abs(answer - golden.score), 'Infinity') > largest_difference then
        largest_difference := greatest(largest_difference, abs(answer - golden.score));
        worst_row := golden.place;
        error := case when answer is null or golden.score is null then reason end;
      end if;
    end if;
  end loop;
end
$$;
comment on function dbml._verify(text, integer, text) is 'The same by an engine of one''s choice.';

-- Golden rows, then the rows built to hurt, as the two arrays that scorers take; score is NULL where the
-- estimator refuses.
create or replace function dbml._golden_rows(
  model text, version integer, out place integer, out numbers float8[], out texts text[], out score float8, out hurtful boolean
) returns setof record
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with version as (
    select v.signature -> 'features' as features,
           jsonb_array_length(v.golden -> 'rows') as golden,
           (v.golden -> 'rows') || coalesce(v.golden -> 'hurtful_rows', '[]') as rows,
           (v.golden -> 'scores') || coalesce(v.golden -> 'hurtful_scores', '[]') as scores
      from dbml.model_version v
     where v.model = _golden_rows.model and v.version = _golden_rows.version
  )
  select r.i::integer - 1,
         array(select case e.item #>> '{}' when 'true' then 1 when 'false' then 0 else (e.item #>> '{}')::float8 end
                 from jsonb_array_elements(r.item) with ordinality e(item, i)
                where features -> (e.i::integer - 1) ->> 'kind' <> 'text'
                order by e.i),
         array(select e.item #>> '{}'
                 from jsonb_array_elements(r.item) with ordinality e(item, i)
                where features -> (e.i::integer - 1) ->> 'kind' = 'text'
                order by e.i),
         (scores ->> (r.i::integer - 1))::float8,
         r.i > golden
    from version
   cross join jsonb_array_elements(rows) with ordinality r(item, i)
   order by r.i
$$;
comment on function dbml._golden_rows(text, integer) is 'A version''s golden rows as scorers take them.';
