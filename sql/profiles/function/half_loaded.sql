create or replace function dbml._half_loaded() returns text[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select array(
           select t.name
             from (values ('attached_table', exists (select from dbml.attached_table)),
                          ('background', exists (select from dbml.background)),
                          ('deployment', exists (select from dbml.deployment)),
                          ('event', exists (select from dbml.event)),
                          ('failure', exists (select from dbml.failure)),
                          ('prediction', exists (select from dbml.prediction))) t(name, filled)
            where not t.filled)
   where exists (
     select from dbml.profile p
      where jsonb_array_length(p.spec -> 'events') > (select count(*) from dbml.event e where e.profile = p.id)
         or jsonb_array_length(p.spec -> 'predictions') <> (select count(*) from dbml.prediction r where r.profile = p.id))
$$;
comment on function dbml._half_loaded() is
  'Tables of dbml''s own that a restore has left empty, where profiles say that they have rows; NULL where none has.';
