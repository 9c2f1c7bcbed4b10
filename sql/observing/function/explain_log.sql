-- A share of the logged predictions is explained by a worker, and never by an insert, from the features that the log has. Its
-- moment decides whether a prediction is one of them, so that who comes again explains the same ones. Whole transactions, as
-- shadows answer them (shadows.sql).
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
  own constant bigint := pg_current_xact_id()::text::bigint;
  mark dbml.explanation_mark := (select m from dbml.explanation_mark m where m.profile = asked.profile and m.model = asked.model);
  before bigint := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  -- A restored database numbers its transactions anew.
  after constant bigint := case when mark.explained_to <= before then mark.explained_to else 0 end;
  last bigint;
  due record;
  failed text;
begin
  explained := 0;
  -- Up to a transaction, so that a long backlog is explained in several of ours.
  select count(*) = rows, max(x.xid) into more, last
    from (select own - age(l.xmin) as xid
            from dbml.log l
           where l.profile = (select p.relation from dbml.profile p where p.id = asked.profile) and l.model = asked.model
             and l.at >= coalesce(mark.explained_at - interval '1 day', '-infinity')
             and l.score is not null and l.numbers is not null and dbml._is_explained(l.at, asked.explain)
             and own - age(l.xmin) >= after and own - age(l.xmin) < before
           order by 1 limit rows) x;
  if more then
    before := last + 1;
  end if;
  if last is not null then
    for due in
      select distinct substring(c.relname from 5)::bigint as segment, l.version
        from dbml.log l
        join pg_class c on c.oid = l.tableoid
       where l.profile = (select p.relation from dbml.profile p where p.id = asked.profile) and l.model = asked.model
         and l.at >= coalesce(mark.explained_at - interval '1 day', '-infinity')
         and own - age(l.xmin) >= after and own - age(l.xmin) < before
       order by 1, 2
    loop
      begin
        explained := explained + dbml._explain_segment(asked, due.segment, due.version, after, before);
      exception when sqlstate 'DB013' or sqlstate 'DB001' then
        -- What cannot be explained holds up nothing else, and whoever called says so.
        failed := format('%s@%s: %s', asked.model, due.version, regexp_replace(sqlerrm, '^plpy\.Error: ', ''));
      end;
    end loop;
  end if;
  insert into dbml.explanation_mark as m (profile, model, explained_to, failure) values (asked.profile, asked.model, before, failed)
  on conflict on constraint explanation_mark_pkey do update
     set explained_to = excluded.explained_to, explained_at = now(),
         failure = case when last is null then m.failure else excluded.failure end;
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

create or replace function dbml._explain_segment(asked dbml.prediction, segment bigint, version integer, after bigint, before bigint)
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  rows_in_a_batch constant integer := 4096;
  own constant bigint := pg_current_xact_id()::text::bigint;
  numbers text[];
  texts text[];
  explained bigint;
begin
  select coalesce(array_agg(format('d.numbers[%s]', v.position_in_array) order by v.place) filter (where not v.of_texts), '{}'),
         coalesce(array_agg(format('d.texts[%s]', v.position_in_array) order by v.place) filter (where v.of_texts), '{}')
    into numbers, texts
    from dbml._values(asked.model, _explain_segment.version, null, null) v;
  execute format($query$
    with due as materialized (
      select l.at, l.profile, l.entity, l.numbers, l.texts, row_number() over () - 1 as n
        from dbml.%1$I l
       where l.profile = $1 and l.model = %2$L and l.version = %3$s and l.score is not null and l.numbers is not null
         and dbml._is_explained(l.at, %4$s) and $2 - age(l.xmin) >= $3 and $2 - age(l.xmin) < $4
    ), answered as (
      %5$s
    ), told as (
      insert into dbml.explanation (at, profile, model, version, entity, segment, base, contributions)
      select d.at, d.profile, %2$L, %3$s, d.entity, %6$s, a.answer[1], a.answer[2:]
        from answered a
        join due d using (n)
       where a.answer is not null
      on conflict on constraint explanation_pkey do nothing
      returning 1
    )
    select count(*) from told$query$,
    format('log_%s', segment), asked.model, version, asked.explain,
    case when dbml._has_plpython()
      then format($batches$
        select b.batch * %1$s + u.i - 1 as n, u.answer::float8[] as answer
          from (select d.n / %1$s as batch,
                       string_to_array(dbml._explain_rows(%2$L, %3$s, count(*)::integer, array[%4$s]::bytea[], array[%5$s]::text[], 'margin'),
                                       E'\n', 'null') as answers
                  from due d
                 group by 1) b
         cross join lateral unnest(b.answers) with ordinality u(answer, i)$batches$,
        rows_in_a_batch, asked.model, version,
        (select string_agg(format('string_agg(float8send(coalesce(%s, ''NaN'')), '''' order by d.n)', n), ', ' order by i) from unnest(numbers) with ordinality u(n, i)),
        (select string_agg(format('array_agg(%s order by d.n)', t), ', ' order by i) from unnest(texts) with ordinality u(t, i)))
      else format('select d.n, dbml._explain_in_sql(%L, %s, d.numbers, d.texts, ''margin'') as answer from due d', asked.model, version) end,
    segment)
    into explained
    using (select p.relation from dbml.profile p where p.id = asked.profile), own, after, before;
  return explained;
end
$$;
comment on function dbml._explain_segment(dbml.prediction, bigint, integer, bigint, bigint) is
  'Explains what these transactions have logged of a version in a segment; returns how many.';

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
