create or replace function dbml.verify(
  model text, version integer,
  out rows integer, out differing integer, out largest_difference float8, out worst_row integer, out error text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
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
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer(model, version, engine);
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
  with compared as (
    select a.*,
           abs(a.answer - a.expected) as difference,
           -- A refused row has no score.
           dbml._agrees(a.expected, a.answer) as agrees
      from dbml._answers(scorer) a
  ), worst as (
    select c.* from compared c order by c.agrees, c.difference desc nulls first, c.place limit 1
  )
  select c.rows, c.differing, c.largest, case when not w.agrees or w.difference > 0 then w.place end,
         case when not w.agrees and w.expected is null then 'an answer where the estimator refuses'
              when not w.agrees and w.answer is null then w.reason end
    into rows, differing, largest_difference, worst_row, error
    from (select count(*) as rows, count(*) filter (where not agrees) as differing,
                 coalesce(max(difference), 0) as largest from compared) c
   cross join worst w;
end
$$;
comment on function dbml._verify(text, integer, text) is 'The same by an engine of one''s choice.';

create or replace function dbml._answers(
  scorer dbml.scorer, out place integer, out expected float8, out answer float8, out reason text
) returns setof record
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  golden record;
  places integer[];
  answers float8[];
begin
  -- What the estimator scores, in one query; where that fails, one by one, as what it refuses.
  begin
    execute format(
      'select array_agg(g.place), array_agg(%s) from dbml._golden_rows($1, $2) g where g.score is not null',
      dbml._scorer_call(scorer,
        array(select format('g.numbers[%s]', i) from generate_series(1, jsonb_array_length(scorer.interface -> 'features')) i),
        array(select format('g.texts[%s]', i) from generate_series(1, jsonb_array_length(scorer.interface -> 'features')) i)))
      into places, answers using scorer.model, scorer.version;
  exception when others then
    places := '{}';
  end;
  for golden in
    select g.*, u.answer
      from dbml._golden_rows(scorer.model, scorer.version) g
      left join unnest(places, answers) u(place, answer) using (place)
     order by g.place
  loop
    place := golden.place;
    expected := golden.score;
    answer := golden.answer;
    reason := null;
    if answer is null then
      begin
        answer := dbml._score_arrays(scorer, golden.numbers, golden.texts);
      exception when others then
        reason := sqlerrm;
      end;
    end if;
    return next;
  end loop;
end
$$;
comment on function dbml._answers(dbml.scorer) is
  'What a version answers for each of its golden and hurtful rows, beside what the estimator answered; NULL is a refusal.';

-- Golden rows, then the rows built to hurt, as the two arrays that scorers take; score is NULL where the
-- estimator refuses.
create or replace function dbml._golden_rows(
  model text, version integer,
  out place integer, out numbers float8[], out texts text[], out score float8, out hurtful boolean
) returns setof record
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  with version as materialized (
    select array(select f ->> 'kind' = 'text' from jsonb_array_elements(v.interface -> 'features') f) as is_text,
           jsonb_array_length(v.golden -> 'rows') as golden,
           (v.golden -> 'rows') || coalesce(v.golden -> 'hurtful_rows', '[]') as rows,
           (v.golden -> 'scores') || coalesce(v.golden -> 'hurtful_scores', '[]') as scores
      from dbml.model_version v
     where v.model = _golden_rows.model and v.version = _golden_rows.version
  )
  select r.i::integer - 1,
         array(select case e.item when 'true' then 1 when 'false' then 0 else e.item::float8 end
                 from jsonb_array_elements_text(r.item) with ordinality e(item, i)
                where not is_text[e.i]
                order by e.i),
         array(select e.item
                 from jsonb_array_elements_text(r.item) with ordinality e(item, i)
                where is_text[e.i]
                order by e.i),
         s.score::float8,
         r.i > golden
    from version
   cross join lateral jsonb_array_elements(rows) with ordinality r(item, i)
    join lateral jsonb_array_elements_text(scores) with ordinality s(score, i) on s.i = r.i
   order by r.i
$$;
comment on function dbml._golden_rows(text, integer) is 'A version''s golden rows as scorers take them.';
