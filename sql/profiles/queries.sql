-- name: tables
-- The database's own tables, for the name that was meant.
select pg_catalog.format('%I.%I', n.nspname, c.relname) as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p')
   and n.nspname not in ('pg_catalog', 'information_schema', 'dbml', 'dbml_scorer');

-- name: table_number
-- The table that a name means to the caller; here and where there is no table, nobody else's function is called.
select pg_catalog.to_regclass(%(table)s)::pg_catalog.oid::pg_catalog.int8;

-- name: table_facts
-- A table as the catalog knows it: columns, indexes, foreign keys.
select c.oid::bigint as oid,
       n.nspname as schema,
       c.relname as name,
       case c.relpersistence when 't' then 't' else c.relkind::text end as kind,
       (select pg_catalog.jsonb_object_agg(a.attname, pg_catalog.jsonb_build_object(
                 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                 'category', t.typcategory,
                 'styled', case t.typtype when 'd' then t.typbasetype else t.oid end
                             in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'bytea'::regtype),
                 'hashable', exists (
                   select from pg_opclass o
                     join pg_am m on m.oid = o.opcmethod and m.amname = 'hash'
                    where o.opcdefault
                      and o.opcintype = case when t.typtype = 'e' then 'anyenum'::regtype::oid
                                             when t.oid = 'varchar'::regtype::oid then 'text'::regtype::oid
                                             when t.typtype = 'd' then t.typbasetype
                                             else t.oid end),
                 'not_null', a.attnotnull,
                 'generated', a.attgenerated <> '',
                 'virtual', a.attgenerated = 'v',
                 'default', case a.attgenerated when '' then pg_catalog.pg_get_expr(f.adbin, f.adrelid) end))
          from pg_attribute a
          join pg_type t on t.oid = a.atttypid
          left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select coalesce(pg_catalog.jsonb_agg(k.names), '[]')
          from pg_index i
         cross join lateral (
                 select pg_catalog.jsonb_agg(coalesce(a.attname, '') order by u.position) as names
                   from pg_catalog.unnest(i.indkey) with ordinality u(number, position)
                   left join pg_attribute a on a.attrelid = c.oid and a.attnum = u.number and u.number > 0
                  where u.position <= i.indnkeyatts) k
         where i.indrelid = c.oid and i.indisvalid and i.indpred is null) as indexed,
       (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('to', f.confrelid::bigint, 'columns', k.pairs)), '[]')
          from pg_constraint f
         cross join lateral (
                 select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(mine.attname, theirs.attname)) as pairs
                   from unnest(f.conkey, f.confkey) u(mine, theirs)
                   join pg_attribute mine on mine.attrelid = f.conrelid and mine.attnum = u.mine
                   join pg_attribute theirs on theirs.attrelid = f.confrelid and theirs.attnum = u.theirs) k
         where f.conrelid = c.oid and f.contype = 'f' and f.convalidated and not f.condeferrable
           -- One that points at a table with partitions has others below it, which point at those.
           and not exists (select from pg_constraint o where o.oid = f.conparentid and o.conrelid = f.conrelid)) as "references",
       -- A partition's key is what its columns depend on, those in expressions as well.
       array(select distinct a.attname::text
               from pg_catalog.pg_partition_tree(c.oid) t
               join pg_depend d on d.classid = 'pg_class'::regclass::oid and d.objid = t.relid and d.objsubid > 0
                               and d.refclassid = 'pg_class'::regclass::oid and d.refobjid = t.relid and d.refobjsubid = 0
                               and d.deptype = 'i'
               join pg_attribute a on a.attrelid = t.relid and a.attnum = d.objsubid
              where not t.isleaf
              order by 1) as partition_columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid = %(table)s::oid;

-- name: table_name
-- The name of a table, qualified and as SQL writes it.
select pg_catalog.format('%%I.%%I', n.nspname, c.relname) as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid = %(table)s::oid;

-- name: name_parts
-- The parts of a name; an error where it is not written as SQL writes names.
select pg_catalog.parse_ident(%(name)s);

-- name: row_security
-- Tables whose rows dbml_owner could not see.
select c.oid::regclass::text as relation
  from pg_class c
 where c.oid = any (%(tables)s::oid[])
   and c.relrowsecurity
   and not exists (select from pg_roles r where r.rolname = 'dbml_owner' and (r.rolbypassrls or r.rolsuper));

-- name: estimated_rows
-- About how many rows a table has, its partitions included.
select greatest(pg_catalog.sum(c.reltuples), 0)::bigint as rows
  from pg_class c
 where c.oid = %(table)s::oid
    or c.oid in (select t.relid from pg_catalog.pg_partition_tree(%(table)s::oid) t);

-- name: keys_on_counters
-- Foreign and unique keys that depend on counters and scores.
select k.what, k.name, k."column", k.mend from dbml._shown_keys(%(table)s::oid, %(key)s::text[], %(columns)s::text[]) k;

-- name: unpinned_triggers
-- Others' triggers that an update of these columns fires, and whose functions find names by their caller's search_path.
select t.tgname as name, p.oid::regprocedure::text as function, pg_catalog.quote_ident(n.nspname) as schema
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
 where t.tgrelid = %(table)s::oid and not t.tgisinternal and t.tgenabled in ('O', 'A') and t.tgtype & 16 <> 0
   and n.nspname not in ('dbml', 'dbml_scorer', 'pg_catalog') and l.lanname not in ('c', 'internal')
   and not exists (select from unnest(p.proconfig) c where c like 'search_path=%%')
   and (cardinality(t.tgattr::int2[]) = 0
        or exists (select from pg_attribute a
                    where a.attrelid = t.tgrelid and a.attnum = any (t.tgattr::int2[]) and a.attname = any (%(columns)s::text[])))
 order by 1;

-- name: late_triggers
-- Others' triggers that change a row, or leave it out, once dbml has scored and logged it: PostgreSQL goes by their names.
select t.tgname as name, pg_catalog.format('alter trigger %%I on %%s rename to %%I', t.tgname, t.tgrelid::regclass, 'a_' || t.tgname) as mend
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
 where t.tgrelid = %(table)s::oid and not t.tgisinternal and t.tgenabled in ('O', 'A')
   and t.tgtype & 1 <> 0 and t.tgtype & 2 <> 0 and t.tgtype & (4 | 16) <> 0
   and t.tgname > 'zz_dbml_score' and p.pronamespace <> 'dbml_scorer'::regnamespace
 order by 1;

-- name: next_profile
-- The number that the next profile gets; nobody else gets it.
select dbml._next_profile();

-- name: detach
-- Takes a profile's triggers and functions away.
select dbml.detach(%(table)s::pg_catalog.regclass);

-- name: detach_gone
-- Forgets a profile whose table has gone.
select dbml._forget_profile(%(profile)s);

-- name: profiles
-- Every attached profile with its events, and how far attaching it online has come.
select id, relation::oid::bigint as oid, relation::text as relation, spec, complete, backfilled, to_count, to_score,
       array(select e.relation::text from dbml.event e where e.profile = p.id order by e.position) as events, p.trusted
  from dbml.profile p
 order by id;

-- name: profiles_of_table
-- The profiles that a table is, or moves the counters of.
select p.spec, null::integer as position
  from dbml.profile p
 where p.relation::oid = pg_catalog.to_regclass(%(table)s)::oid
 union all
select p.spec, e.position
  from dbml.profile p
  join dbml.event e on e.profile = p.id
 where e.relation::oid = pg_catalog.to_regclass(%(table)s)::oid;

-- name: half_loaded
-- Tables of dbml's own that a restore has left empty, where others say that they have rows.
select dbml._half_loaded() as empty;

-- name: backfilled
-- Notes how far attaching a profile online has come.
update dbml.profile set backfilled = %(reached)s::text[] where id = %(profile)s;

-- name: trigger_states
-- Which triggers tables have, and whether they fire.
select t.tgrelid::bigint as oid, t.tgname as name, t.tgenabled in ('O', 'A') as enabled,
       pg_catalog.pg_get_triggerdef(t.oid) as definition
  from pg_trigger t
 where t.tgrelid = any (%(tables)s::oid[])
   and not t.tgisinternal;

-- name: triggers_of_profile
-- The triggers that were made for a profile.
select t.tgrelid::bigint as oid, t.tgrelid::regclass::text as relation, t.tgname as name
  from pg_trigger t
  join pg_proc p on p.oid = t.tgfoid
 where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname ~ pg_catalog.format('^profile_%%s_', %(profile)s::integer)
   and t.tgparentid = 0;

-- name: forget_rest
-- Forgets what the spec of a profile does not name any more, and all places of its events; returns since when windows are followed.
with predictions as (
  delete from dbml.prediction r where r.profile = %(profile)s and not r.model = any (%(models)s::text[])
), outcomes as (
  delete from dbml.outcome o where o.profile = %(profile)s and not o.model = any (%(judged)s::text[])
), lessons as (
  delete from dbml.learn l where l.profile = %(profile)s and l.position > %(labels)s
), tables as (
  delete from dbml.attached_table a where a.profile = %(profile)s and a.position > %(events)s
), events as (
  delete from dbml.event e where e.profile = %(profile)s
), due as (
  delete from dbml.due w where w.profile = %(profile)s
)
select pg_catalog.min(e.followed_until) as since from dbml.event e where e.profile = %(profile)s;

-- name: begin_again
-- A profile is not wholly attached yet; its windows are followed from then on, whichever place they have now.
with followed as (
  update dbml.event e set followed_until = coalesce(%(since)s, e.followed_until) where e.profile = %(profile)s
)
update dbml.profile p
   set complete = false, backfilled = null, to_count = %(positions)s::integer[], to_score = %(models)s::text[]
 where p.id = %(profile)s;

-- name: may_read_profiles
-- Whether the role that asks may read what is attached.
-- By the catalog alone: naming dbml's tables would fail for whom the schema is closed.
select coalesce(pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')), false) as may
  from pg_namespace n
  join pg_class c on c.relnamespace = n.oid
 where n.nspname = 'dbml' and c.relname in ('profile', 'prediction', 'event', 'model');

-- name: predictions
-- The profiles that a model scores.
select p.relation::text as relation, r.features
  from dbml.prediction r
  join dbml.profile p on p.id = r.profile
 where r.model = %(model)s;

-- name: start_rescore
-- Begins to score the profiles of a model anew.
select * from dbml._start_rescore(%(name)s, %(stale)s, %(every)s, %(apart)s);

-- name: start_walk
-- Begins to score rows of one profile: those that do not have their score, or those that could not be scored.
select w as walk from dbml.profile p cross join lateral dbml._start_walk(p, %(name)s, %(what)s, null) w where p.id = %(profile)s;

-- name: walk_on
-- Scores the next rows of what was begun.
select * from dbml._walk_on(%(walk)s, %(rows)s);

-- name: rescore_due
-- Moves the counters whose window has changed with time.
select dbml.rescore_due() as moved;

-- name: name_session
-- Says in pg_stat_activity what the session is at.
select pg_catalog.set_config('application_name', %(named)s, false);

-- name: due_profiles
-- The profiles that have counters over a window of time.
select * from dbml._due_profiles();

-- name: collect_due
-- Notes the entities of a profile whose window has changed with time.
select dbml._collect_due(%(profile)s);

-- name: expire_due
-- Moves the counters of some of these.
select dbml._expire_due(%(profile)s, %(rows)s) as moved;

-- name: forget_arrivals
-- Removes notes of new entities that nobody can need any more.
select dbml._forget_arrivals();

-- name: forget_failures
-- Lets triggers look for failures no longer, where none is left.
select dbml._forget_failures();

-- name: broken
-- What others have changed of a profile's tables since its functions were made.
select b.what from dbml._broken(%(profile)s) b;

-- name: waits
-- What of a profile could not be counted or scored because of others' changes.
select w.what from dbml._waits(%(profile)s) w;

-- name: places
-- Where the tables of a profile are now, and the columns and values that have another name; a column that is there by its name is meant.
select t.position, t.called, t.present, coalesce(t.named <> t.attached, t.attached is null) as swapped,
       coalesce(r.renames, '{}') as renames,
       coalesce((select pg_catalog.jsonb_object_agg(k.name, k.labels)
                   from (select k.name, pg_catalog.jsonb_object_agg(l.value, n.enumlabel) as labels
                           from pg_catalog.jsonb_to_recordset(t.columns) k(name text, labels jsonb)
                          cross join lateral pg_catalog.jsonb_each_text(k.labels) l
                           join pg_enum n on n.oid = l.key::oid and n.enumlabel <> l.value
                          group by k.name) k), '{}') as labels
  from (select a.position, a.columns, pg_catalog.format('%%I.%%I', a.schema_name, a.table_name) as called, n.oid as named, o.oid as attached,
               coalesce(n.oid, o.oid) as meant,
               (select pg_catalog.format('%%I.%%I', s.nspname, c.relname)
                  from pg_class c join pg_namespace s on s.oid = c.relnamespace
                 where c.oid = coalesce(n.oid, o.oid)) as present
          from dbml.attached_table a
          join dbml.profile p on p.id = a.profile
          left join dbml.event e on e.profile = a.profile and e.position = a.position
          left join pg_class o on o.oid = case a.position when 0 then p.relation::oid else e.relation::oid end
          left join pg_class n on n.oid = pg_catalog.to_regclass(pg_catalog.format('%%I.%%I', a.schema_name, a.table_name)) and n.relkind in ('r', 'p')
         where a.profile = %(profile)s) t
 cross join lateral (
         select pg_catalog.jsonb_object_agg(k.name, c.attname) as renames
           from pg_catalog.jsonb_to_recordset(t.columns) k(name text, number integer)
           join pg_attribute c on c.attrelid = t.attached and c.attnum = k.number and not c.attisdropped
          -- Of a table that took another's place as well, if it has the column by that table's last name for it.
          where not exists (select from pg_attribute o where o.attrelid = t.meant and o.attname = k.name and not o.attisdropped)
            and exists (select from pg_attribute o where o.attrelid = t.meant and o.attname = c.attname and not o.attisdropped)) r
 order by t.position;

-- name: profile_by_name
-- The number of the profile that has this name now, or had it when it was attached.
select p.id
  from dbml.profile p
  left join dbml.attached_table a on a.profile = p.id and a.position = 0
 where p.relation::oid = pg_catalog.to_regclass(%(table)s)::oid
    or parse_ident(%(table)s) in (array[a.schema_name, a.table_name], array[a.table_name])
 order by p.relation::oid is not distinct from pg_catalog.to_regclass(%(table)s)::oid desc
 limit 1;

-- name: drop_generated
-- Takes what was generated for a profile away, with its triggers.
select dbml._drop_generated(%(profile)s);

-- name: forget_missed
-- What was set aside up to now is about to be counted and scored.
delete from dbml.missed s where s.profile = %(profile)s;

-- name: type_name
-- A type's name, as the search_path has it.
select pg_catalog.format_type(%(type)s::oid, null);

-- name: foreign_equality
-- Columns whose values are equal by an operator that a pinned search_path does not find, or by a collation.
select a.attname as name, pg_catalog.format_type(a.atttypid, null) as type,
       case when l.oid is null then 'its equality belongs to an extension' else 'its collation takes different texts for equal' end as why
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_collation l on l.oid = a.attcollation and not l.collisdeterministic
 where a.attrelid = %(table)s::oid and a.attname = any (%(columns)s) and not a.attisdropped
   and (l.oid is not null
        or exists (
             select from pg_catalog.pg_opclass o
               join pg_catalog.pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
              where o.opcdefault
                and o.opcintype = case t.typtype when 'd' then t.typbasetype else t.oid end
                and o.opcnamespace <> 'pg_catalog'::regnamespace::oid));

-- name: updatable
-- What a table lacks, so that nobody may update its rows: its identity, or a key for one; NULL where it lacks nothing.
select case when dbml._updatable(%(table)s::oid) then null
            when exists (select from pg_index i where i.indrelid = %(table)s::oid and i.indisprimary and i.indimmediate) then 'identity'
            else 'key'
       end as lacks;

-- name: foreign_partitions
-- Partitions of these tables that are foreign tables.
select t.oid::regclass::text as relation, p.relid::text as partition
  from unnest(%(tables)s::oid[]) t(oid)
 cross join lateral pg_catalog.pg_partition_tree(t.oid) p
  join pg_class c on c.oid = p.relid and c.relkind = 'f'
 order by 1, 2
 limit 1;

-- name: newest_output
-- What the newest version of a model gives.
select v.interface operator(pg_catalog.->) 'output' as output from dbml.model_version v where v.model = %(name)s order by v.version desc limit 1;

-- name: meant_of_strangers
-- Whether an expression, as a view, calls an operator or a function that is neither PostgreSQL's nor an extension's.
select exists (
  select from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass::oid and d.objid = r.oid
   where r.ev_class = 'pg_temp.dbml_meant'::regclass::oid
     and d.refclassid in ('pg_operator'::regclass::oid, 'pg_proc'::regclass::oid)
     and not exists (select from pg_depend e
                      where e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e'));
