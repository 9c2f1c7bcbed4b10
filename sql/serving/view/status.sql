create or replace view dbml.status as
select coalesce((select c.oid::regclass::text from pg_class c where c.oid = p.relation),
                (select format('%I.%I', a.schema_name, a.table_name) from dbml.attached_table a where a.profile = p.id and a.position = 0),
                p.relation::text) as profile,
       r.column_name as prediction,
       r.model,
       s.version,
       e.engine,
       r.on_error,
       s.since as deployed_at,
       (select d.deployed_by from dbml.deployment d
         where d.model = s.model and d.version = s.version
         order by d.id desc limit 1) as deployed_by,
       (select array_agg(e.relation::text order by e.position) from dbml.event e
         -- Behind the events stand tables that their keys lead through.
         where e.profile = p.id and e.position <= jsonb_array_length(p.spec -> 'events')) as events,
       f.stale,
       f.last_failure_at,
       f.last_failure,
       p.complete,
       array(select b.what from dbml._broken(p.id) b union all select w.what from dbml._waits(p.id) w) as broken,
       -- Each event updates a profile row; an update that is HOT leaves the indexes alone.
       (select round(sum(t.n_tup_hot_upd) / nullif(sum(t.n_tup_upd), 0), 2)::float8
          from pg_stat_all_tables t
         where t.relid = p.relation or t.relid in (select g.relid from pg_partition_tree(p.relation) g)) as hot,
       -- What takes long says by its session's name how far it has come.
       array(select regexp_replace(a.application_name, '^dbml (.*) #\d+: ', '\1: ')
               from pg_stat_activity a
              where a.datname = current_database() and a.application_name ~ format('^dbml [a-z -]+ #%s: ', p.id)
              order by a.pid) as running
  from dbml.profile p
  -- A profile may have counters only.
  left join dbml.prediction r on r.profile = p.id
  left join dbml.serving s on s.model = r.model and s.arm = 'control'
  left join dbml.version_engine e on e.model = s.model and e.version = s.version
 cross join lateral (
         select count(*) as stale,
                max(f.failed_at) as last_failure_at,
                -- The reason may show values of a row: it is for those who may read every row.
                (array_agg(case when has_table_privilege(p.relation, 'select') and not row_security_active(p.relation)
                                then f.sqlstate || ': ' || f.message
                                else f.sqlstate end order by f.failed_at desc))[1] as last_failure
           from dbml.failure f
          where f.profile = p.id and f.model = r.model
       ) f;
comment on view dbml.status is 'Every profile that is attached and each of its predictions, which version serves it, what could not be scored, and what others have changed of its tables, which dbml repair mends.';
