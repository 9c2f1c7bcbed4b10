create or replace function dbml._fits(profile integer, part integer, as_it_was text) returns boolean
language plpgsql
immutable parallel safe -- so that planning answers it
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return dbml._fits_now(profile, part, as_it_was);
end
$$;
comment on function dbml._fits(integer, integer, text) is
  'Whether a profile and one of its event tables (0: the profile alone) are as they were; NULL where only types or keys differ. For plans.';

-- What the catalog calls names and types is compared as text, which a role could have quoted otherwise.
create or replace function dbml._fits_now(profile integer, part integer, as_it_was text) returns boolean
language plpgsql
volatile -- reads with a snapshot of its own: that of the statement may be older than what it has waited for
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set client_min_messages = notice
as $$
declare
  fits boolean;
begin
  -- Each session asks when it begins; so that is quick, and what differs is looked for where something does.
  execute as_it_was into fits;
  fits := coalesce(fits, false);
  if fits then
    return true;
  end if;
  raise sqlstate '42P01';
exception when syntax_error_or_access_rule_violation or invalid_schema_name then
  -- A transaction with one snapshot for all its statements may see nothing of what fits no more.
  return (select case when coalesce(bool_and(b.loose), fits is null) then null else count(*) = 0 end
            from dbml._broken(profile) b
           where b.part = any (dbml._parts(_fits_now.profile, _fits_now.part)));
end
$$;
comment on function dbml._fits_now(integer, integer, text) is 'What _fits says, at this moment.';

create or replace function dbml._broken(profile integer) returns table (part integer, what text, loose boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set client_min_messages = notice
as $$
  with attached as (
    select t.*, format('%I.%I', t.schema_name, t.table_name) as called,
           c.oid, case when c.oid is not null then format('%I.%I', n.nspname, c.relname) end as present, p.relation as profile_oid, p.key, e.key as event_key
      from dbml.attached_table t
      join dbml.profile p on p.id = t.profile
      left join dbml.event e on e.profile = t.profile and e.position = t.position
      left join pg_class c on c.oid = case t.position when 0 then p.relation else e.relation end
      left join pg_namespace n on n.oid = c.relnamespace
     where t.profile = _broken.profile
  )
  select a.position, format('%s is gone', a.called), false
    from attached a
   where a.oid is null
   union all
  select a.position,
         case when to_regclass(a.called) is null then format('%s is called %s now', a.called, a.present)
              else format('%s is another table now, and the one that is attached is called %s', a.called, a.present) end,
         false
    from attached a
   where a.present <> a.called
   union all
  select a.position,
         format('column %I of %s %s', k.name, a.called, case
           when named.attnum is null and coalesce(numbered.attisdropped, true) then 'is gone'
           when named.attnum is null then format('is called %I now', numbered.attname)
           when named.generated is distinct from k.generated then
             case when named.generated is null then 'is no longer generated' else 'is generated otherwise now' end
           when named.attnum <> k.number then 'is another column now'
           else format('was %s and is %s now', k.type, named.type) end),
         named.attnum is not null and named.generated is not distinct from k.generated
    from attached a
   cross join lateral jsonb_to_recordset(a.columns) k(name text, number integer, type text, generated text, used boolean)
    left join lateral (
           select c.attnum, format_type(c.atttypid, null) as type,
                  case when c.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as generated
             from pg_attribute c
             left join pg_attrdef d on d.adrelid = c.attrelid and d.adnum = c.attnum
            where c.attrelid = a.oid and c.attname = k.name and c.attnum > 0 and not c.attisdropped) named on true
    left join pg_attribute numbered on numbered.attrelid = a.oid and numbered.attnum = k.number
   where a.oid is not null and k.used
     and (named.attnum, named.type, named.generated) is distinct from (k.number::smallint, k.type, k.generated)
   union all
  select a.position, format('the value %L of column %I of %s is called %L now', l.value, k.name, a.called, n.enumlabel), false
    from attached a
   cross join lateral jsonb_to_recordset(a.columns) k(name text, labels jsonb)
   cross join lateral jsonb_each_text(k.labels) l
    join pg_enum n on n.oid = l.key::oid and n.enumlabel <> l.value
   where a.oid is not null
   union all
  select a.position,
         case when coalesce(a.way_to, 0) = 0 then format('no foreign key keeps %s to the profile any more', a.called)
              else format('no foreign key leads from %s to %s any more', a.called, t.called) end,
         true
    from attached a
    join attached t on t.position = coalesce(a.way_to, 0)
   where a.follows and a.oid is not null
     and not dbml._follows(a.oid, coalesce(a.way_by, a.event_key), t.oid, coalesce(a.way_at, a.key))
   union all
  select a.position, format('dbml_owner may not %s %s any more', case a.position when 0 then 'read and update' else 'read' end, a.called), false
    from attached a
   where a.oid is not null and not dbml._reaches(a.oid, a.position = 0)
   union all
  select a.position, format('%s is published without a replica identity that would do, and nothing may update it', a.called), false
    from attached a
   where a.position = 0 and not dbml._updatable(a.oid)
   union all
  select a.position, format('column %I of %s may be NULL now', c.attname, a.called), true
    from attached a
    join pg_attribute c on c.attrelid = a.oid and c.attname = any (a.way_required) and not c.attnotnull and not c.attisdropped
   union all
  -- Counters do without: a row that cannot be scored is one that the model refuses.
  select a.position, format('feature %s of %s is no column of %s any more', f.name, r.model, a.called), true
    from attached a
    join dbml.prediction r on r.profile = a.profile
   cross join lateral (
         select distinct f.value ->> 'name' as name
           from dbml.serving s
           join dbml.model_version v on v.model = s.model and v.version = s.version
          cross join lateral jsonb_array_elements(v.interface -> 'features') f
          where s.model = r.model and (s.arm = 'control' or s.share > 0)) f
   where a.position = 0 and a.oid is not null
     and not r.features ? f.name
     and not exists (select from pg_attribute c where c.attrelid = a.oid and c.attname = f.name and c.attnum > 0 and not c.attisdropped)
$$;
comment on function dbml._broken(integer) is
  'What others have changed of a profile''s tables since its functions were made; loose: what reads them may still work.';

create or replace function dbml._reaches(relation oid, updates boolean) returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select has_schema_privilege('dbml_owner', c.relnamespace, 'usage') and has_table_privilege('dbml_owner', c.oid, 'select')
         and (not updates or has_table_privilege('dbml_owner', c.oid, 'update'))
    from pg_class c
   where c.oid = relation
$$;
comment on function dbml._reaches(oid, boolean) is 'Whether dbml_owner may read a table, and update it.';

create or replace function dbml._updatable(relation oid) returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- What publishes the table's updates must have its replica identity: PostgreSQL refuses the UPDATE otherwise.
  select not exists (
    select from pg_class c
      join pg_publication p on p.pubupdate
      left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = c.oid
     -- Before 15 no publication chooses columns, and before 18 none leaves generated ones out.
     cross join lateral (select translate(to_jsonb(r) ->> 'prattrs', '[]', '{}')::smallint[] as columns,
                                coalesce(to_jsonb(p) ->> 'pubgencols', 's') as generated) o
     where c.oid = relation
       and (p.puballtables or r.oid is not null)
       and not case c.relreplident
             when 'n' then false
             when 'f' then o.columns is null
                           and not exists (select from pg_attribute a
                                            where a.attrelid = c.oid and a.attnum > 0 and a.attgenerated not in ('', o.generated))
             else exists (select from pg_index i
                           where i.indrelid = c.oid
                             and case c.relreplident when 'i' then i.indisreplident else i.indisprimary and i.indimmediate end
                             and (o.columns is null or i.indkey::smallint[] <@ o.columns))
           end)
$$;
comment on function dbml._updatable(oid) is 'Whether rows may be updated: not those of a table that is published without its replica identity.';

create or replace function dbml._follows(event oid, event_key text[], profile oid, profile_key text[]) returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_constraint f
     where f.conrelid = event and f.confrelid = profile
       and f.contype = 'f' and f.convalidated and not f.condeferrable
       -- Only PostgreSQL 18 has constraints that are not enforced.
       and coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true)
       and dbml._pairs_of(event, f.conkey, profile, f.confkey)
           = array(select format('%I=%I', e, p) collate "C" from unnest(event_key, profile_key) u(e, p) order by 1))
$$;
comment on function dbml._follows(oid, text[], oid, text[]) is
  'Whether an enforced foreign key keeps an event''s key within a profile''s.';

create or replace function dbml._pairs_of(one oid, one_numbers smallint[], other oid, other_numbers smallint[]) returns text[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select format('%I=%I', a.attname, b.attname) collate "C"
      from unnest(one_numbers, other_numbers) u(x, y)
      join pg_attribute a on a.attrelid = one and a.attnum = u.x
      join pg_attribute b on b.attrelid = other and b.attnum = u.y
     order by 1)
$$;
comment on function dbml._pairs_of(oid, smallint[], oid, smallint[]) is 'The columns of a foreign key in pairs, sorted.';

create or replace function dbml._remember_tables(profile integer, used jsonb) returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  insert into dbml.attached_table as t (profile, position, schema_name, table_name, columns, follows)
  select p.id, r.position, n.nspname, c.relname,
         (select jsonb_agg(jsonb_build_object(
                   'name', a.attname, 'number', a.attnum, 'type', format_type(a.atttypid, null),
                   'generated', case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
                   'used', used -> r.position ? a.attname,
                   'labels', (select jsonb_object_agg(l.oid, l.enumlabel)
                                from pg_type y
                                join pg_enum l on l.enumtypid = case y.typtype when 'd' then y.typbasetype else y.oid end
                               where y.oid = a.atttypid and used -> r.position ? quote_literal(l.enumlabel))) order by a.attnum)
            from pg_attribute a
            left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
         r.position > 0 and dbml._follows(c.oid, r.key, p.relation, p.key)
    from dbml.profile p
   cross join lateral (
           select 0 as position, p.relation::oid as oid, null::text[] as key
            union all
           select e.position, e.relation::oid, e.key from dbml.event e where e.profile = p.id) r
    join pg_class c on c.oid = r.oid
    join pg_namespace n on n.oid = c.relnamespace
   where p.id = _remember_tables.profile
  on conflict on constraint attached_table_pkey do update
     set schema_name = excluded.schema_name, table_name = excluded.table_name, columns = excluded.columns, follows = excluded.follows,
         way_by = null, way_to = null, way_at = null, way_required = null
$$;
comment on function dbml._remember_tables(integer, jsonb) is
  'Writes down what a profile''s tables are like, and what its functions use: an array of names and literals for each table.';

create or replace function dbml._remember_way(profile integer, part integer, way_by text[], way_to integer, way_at text[], required text[])
  returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
  update dbml.attached_table as t
     set follows = true, way_by = _remember_way.way_by, way_to = _remember_way.way_to, way_at = _remember_way.way_at,
         way_required = required
   where t.profile = _remember_way.profile and t.position = part
$$;
comment on function dbml._remember_way(integer, integer, text[], integer, text[], text[]) is
  'Writes down by which foreign key an event''s key leads on from a table, and which of its columns are NOT NULL.';

create or replace function dbml._parts(profile integer, part integer) returns integer[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
  with recursive way as (
    select part as position
     union
    select t.way_to
      from way w
      join dbml.attached_table t on t.profile = _parts.profile and t.position = w.position
     where t.way_to is not null
  )
  select array_agg(w.position) || 0 from way w
$$;
comment on function dbml._parts(integer, integer) is
  'The tables of a profile, by their positions, that the functions of one of its events depend on.';

-- What cannot be counted or scored because of somebody's DDL must not fail the statement that wanted it.
create or replace function dbml._miss(profile integer, state text, message text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
  -- One row will do; two sessions may both write one, since neither waits for the other.
  if not exists (select from dbml.missed s where s.profile = _miss.profile) then
    raise log 'dbml: what changed was not counted or scored for profile %: % (%)', profile, message, state;
    insert into dbml.missed (profile, sqlstate, message)
    select p.id, _miss.state, left(_miss.message, 1000) from dbml.profile p where p.id = _miss.profile;
  end if;
end
$$;
comment on function dbml._miss(integer, text, text) is
  'Notes that something of a profile was not counted or scored, because its tables are not what they were.';

create or replace function dbml._waits(profile integer) returns table (what text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select format('since %s some of what changed is not counted or scored: %s', date_trunc('second', s.at), s.message)
    from dbml.missed s
   where s.profile = _waits.profile
   order by s.at
   limit 1
$$;
comment on function dbml._waits(integer) is 'What of a profile was set aside, and since when; no row where nothing was.';
