-- What is taken is scored in the same transaction, and as the row is then: whoever changes it later queues it again.
create or replace function dbml._score_queued(rows integer) returns bigint
language plpgsql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  taken record;
  attached dbml.profile;
  prediction dbml.prediction;
  found text;
  done bigint := 0;
begin
  for taken in
    with gone as (
      delete from dbml.queue q
       where q.ctid = any (array(select c.ctid from dbml.queue c limit rows for update skip locked))
      returning q.profile, q.model, q.entity
    )
    select g.profile, g.model, array_agg(g.entity) as entities
      from (select o.profile, o.model, case cardinality(o.entity) when 1 then o.entity[1] else o.entity::text end as entity
              from gone o
             group by o.profile, o.model, o.entity) g
     group by g.profile, g.model
     order by g.profile, g.model
  loop
    done := done + cardinality(taken.entities);
    select p.* into attached from dbml.profile p where p.id = taken.profile;
    select r.* into prediction from dbml.prediction r where r.profile = taken.profile and r.model = taken.model;
    continue when prediction.model is null;
    found := dbml._found(attached);
    -- In the order in which statements lock them.
    execute format('select from %s p where %s order by %s for no key update', attached.relation, found,
      (select string_agg(format('p.%I', k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i)))
      using taken.entities;
    if exists (select from dbml._routes(attached, prediction, '') s where (s.scorer).engine = 'python') then
      -- An estimator takes as long for one row as for thousands.
      execute format('select dbml_scorer.%I(array_agg(p)) from %s p where %s', format('profile_%s_prime', attached.id), attached.relation, found)
        using taken.entities;
    end if;
    -- Changing the score is what makes the row's trigger compute it.
    execute format('update %1$s p set %2$I = case when p.%2$I is null then %3$s end where %4$s',
      attached.relation, prediction.column_name, dbml._touched(prediction), found)
      using taken.entities;
  end loop;
  return done;
end
$$;
comment on function dbml._score_queued(integer) is
  'Scores entities that wait, all of a profile in one statement; returns how many were taken from the queue.';

-- Texts are compared as an array of the key's own type, which an index answers without a join.
create or replace function dbml._found(attached dbml.profile) returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
           when cardinality(attached.key) = 1 and bool_and(t.typcategory <> 'A')
             then min(format('p.%I = any ($1::%s[])', k.name, format_type(a.atttypid, a.atttypmod)))
           else format('(%s) in (select %s from unnest($1) e)',
                  string_agg(format('p.%I', k.name), ', ' order by k.i),
                  string_agg(format(case cardinality(attached.key) when 1 then 'e::%2$s' else '(e::text[])[%1$s]::%2$s' end,
                    k.i, format_type(a.atttypid, a.atttypmod)), ', ' order by k.i))
         end
    from unnest(attached.key) with ordinality k(name, i)
    join pg_attribute a on a.attrelid = attached.relation and a.attname = k.name
    join pg_type t on t.oid = a.atttypid
$$;
comment on function dbml._found(dbml.profile) is
  'A condition on rows p of a profile: one of the entities in $1 is theirs, each the text of its key, or of the array of its columns.';
