-- What is taken is scored in the same transaction, and as the row is then: whoever changes it later queues it again.
create or replace function dbml._score_queued(rows integer) returns bigint
language plpgsql
volatile parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  entities_of constant text := 'select array(select jsonb_array_elements_text(j)) as entity from unnest($1) j';
  taken record;
  attached dbml.profile;
  prediction dbml.prediction;
  same text;
  done bigint := 0;
begin
  for taken in
    with gone as (
      delete from dbml.queue q
       where q.ctid = any (array(select c.ctid from dbml.queue c limit rows for update skip locked))
      returning q.profile, q.model, q.entity
    )
    select g.profile, g.model, array_agg(distinct to_jsonb(g.entity)) as entities
      from gone g
     group by g.profile, g.model
     order by g.profile, g.model
  loop
    done := done + cardinality(taken.entities);
    select p.* into attached from dbml.profile p where p.id = taken.profile;
    select r.* into prediction from dbml.prediction r where r.profile = taken.profile and r.model = taken.model;
    continue when prediction.model is null;
    select string_agg(format('p.%I = e.entity[%s]::%s', k.name, k.i, format_type(a.atttypid, a.atttypmod)), ' and ' order by k.i) into same
      from unnest(attached.key) with ordinality k(name, i)
      join pg_attribute a on a.attrelid = attached.relation and a.attname = k.name;
    -- In the order in which statements lock them.
    execute format('select from %s p join (%s) e on %s order by %s for no key update of p', attached.relation, entities_of, same,
      (select string_agg(format('p.%I', k), ', ' order by i) from unnest(attached.key) with ordinality u(k, i)))
      using taken.entities;
    if exists (select from dbml._routes(attached, prediction, '') s where (s.scorer).engine = 'python') then
      -- An estimator takes as long for one row as for thousands.
      execute format('select dbml_scorer.%I(array_agg(p)) from %s p join (%s) e on %s',
        format('profile_%s_prime', attached.id), attached.relation, entities_of, same)
        using taken.entities;
    end if;
    -- Changing the score is what makes the row's trigger compute it.
    execute format('update %1$s p set %2$I = case when p.%2$I is null then %3$s end from (%4$s) e where %5$s',
      attached.relation, prediction.column_name, dbml._touched(prediction), entities_of, same)
      using taken.entities;
  end loop;
  return done;
end
$$;
comment on function dbml._score_queued(integer) is
  'Scores entities that wait, all of a profile in one statement; returns how many were taken from the queue.';
