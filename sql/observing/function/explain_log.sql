-- A share of the logged predictions is explained by a worker, and never by an insert, from the features that the log has. Its
-- moment decides whether a prediction is one of them, so that who comes again explains the same ones.
create or replace function dbml._explain_logged(rows integer, out explained bigint, out more boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  asked dbml.prediction;
  done record;
begin
  explained := 0;
  more := false;
  -- Nobody explains twice, and nobody is forgotten meanwhile.
  perform dbml._hold('the explanations');
  for asked in select r.* from dbml.prediction r where r.explain is not null order by r.profile, r.model loop
    done := dbml._explain_prediction(asked, rows);
    explained := explained + done.explained;
    more := more or done.more;
  end loop;
end
$$;
comment on function dbml._explain_logged(integer) is
  'Explains of each prediction that asks for it about so many of its logged ones; returns how many, and whether there are more.';

create or replace function dbml._explain_prediction(asked dbml.prediction, rows integer, out explained bigint, out more boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  mark dbml.explanation_mark := (select m from dbml.explanation_mark m where m.profile = asked.profile and m.model = asked.model);
  wanted constant text := format(
    'l.profile = %L::regclass and l.model = %L and l.score is not null and l.numbers is not null and dbml._is_explained(l.at, %s) and l.at >= %L::timestamptz',
    (select p.relation from dbml.profile p where p.id = asked.profile), asked.model, asked.explain,
    coalesce(mark.explained_at - interval '1 day', '-infinity'));
  piece record := dbml._log_walk(wanted, coalesce(mark.explained_to, 0), rows);
  due record;
  failed text;
begin
  explained := 0;
  more := piece.more;
  for due in select u.segment, u.version from unnest(piece.segments, piece.versions) u(segment, version) loop
    begin
      explained := explained + dbml._explain_segment(asked, due.segment, due.version, concat_ws(' and ', wanted, piece.within));
    exception when sqlstate 'DB013' or sqlstate 'DB001' then
      -- What cannot be explained holds up nothing else, and whoever called says so.
      failed := format('%s@%s: %s', asked.model, due.version, regexp_replace(sqlerrm, '^plpy\.Error: ', ''));
    end;
  end loop;
  insert into dbml.explanation_mark as m (profile, model, explained_to, failure) values (asked.profile, asked.model, piece.before, failed)
  on conflict on constraint explanation_mark_pkey do update
     set explained_to = excluded.explained_to, explained_at = now(),
         failure = case when piece.segments is null then m.failure else excluded.failure end;
end
$$;
comment on function dbml._explain_prediction(dbml.prediction, integer) is
  'Explains what a profile has logged of a model since the last time, about so many rows; returns how many, and whether there are more.';

create or replace function dbml._is_explained(at timestamptz, share numeric) returns boolean
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select (hashint8extended((extract(epoch from at) * 1000000)::bigint, 0) & 9223372036854775807) % 10000 < share * 10000
$$;
comment on function dbml._is_explained(timestamptz, numeric) is 'Whether a prediction of this moment is one of the share that is explained.';

create or replace function dbml._explain_segment(asked dbml.prediction, segment text, version integer, wanted text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  numbers text[];
  texts text[];
  explained bigint;
begin
  select array_agg(format('d.numbers[%s]', v.position_in_array) order by v.place) filter (where not v.of_texts),
         array_agg(format('d.texts[%s]', v.position_in_array) order by v.place) filter (where v.of_texts)
    into numbers, texts
    from dbml._values(asked.model, _explain_segment.version, null, null) v;
  execute format($query$
    with due as materialized (
      select l.at, l.profile, l.entity, l.numbers, l.texts, row_number() over () - 1 as n
        from dbml.%1$I l
       where l.version = %3$s and %4$s
    ), answered as (
      %5$s
    ), told as (
      insert into dbml.explanation (at, profile, model, version, entity, segment, base, contributions)
      select d.at, d.profile, %2$L, %3$s, d.entity, %6$s, a.answer[1], a.answer[2:]
        from (select n, answer::float8[] as answer from answered) a
        join due d using (n)
       where a.answer is not null
      on conflict on constraint explanation_pkey do nothing
      returning 1
    )
    select count(*) from told$query$,
    segment, asked.model, version, wanted,
    case when dbml._has_plpython()
      then dbml._by_batches(format('string_to_array(dbml._explain_rows(%L, %s, count(*)::integer, %%s, ''margin''), E''\n'', ''null'')', asked.model, version),
                            numbers, texts, 'answer')
      else format('select d.n, dbml._explain_in_sql(%L, %s, d.numbers, d.texts, ''margin'') as answer from due d', asked.model, version) end,
    substring(segment from 5))
    into explained;
  return explained;
end
$$;
comment on function dbml._explain_segment(dbml.prediction, text, integer, text) is
  'Explains what is wanted of a version in a segment of the log; returns how many.';

create or replace function dbml.explain_log() returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  total bigint := 0;
  done record;
begin
  loop
    done := dbml._explain_logged(5000);
    total := total + done.explained;
    exit when not done.more;
  end loop;
  return total;
end
$$;
comment on function dbml.explain_log() is
  'Explains what has been logged since the last call, of the share that a spec asks for, at any time and any number of times; returns how many predictions.';

create or replace function dbml._unexplained() returns table (failure text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select m.failure
    from dbml.explanation_mark m
    join dbml.prediction r on r.profile = m.profile and r.model = m.model
   where m.failure is not null and r.explain is not null
   order by m.profile, m.model
$$;
comment on function dbml._unexplained() is 'Why the last logged predictions of some models could not be explained.';
