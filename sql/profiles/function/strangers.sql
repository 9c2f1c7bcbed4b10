-- What dbml writes to a table runs code that is its owner's, or others': triggers, rules, constraints, expressions of
-- columns and indexes, casts of types. It runs as dbml_owner, whoever inserts.
create or replace function dbml._strangers(relations regclass[]) returns table (role text, relation text, how text)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off -- compiling takes a thousand times as long as the answer
as $$
  with recursive part as (
    select r.relation, r.relation::oid as oid from unnest(relations) r(relation)
     union
    select p.relation, i.inhrelid from part p join pg_inherits i on i.inhparent = p.oid
  ),
  held as (
    select p.relation, a.atttypid as oid from part p join pg_attribute a on a.attrelid = p.oid and a.attnum > 0 and not a.attisdropped
     union
    -- Of an array its elements, of a domain the type that it is over, and of a composite type its columns.
    select h.relation, of.oid
      from held h
      join pg_type t on t.oid = h.oid
     cross join lateral (
       select t.typelem union all select t.typbasetype union all select a.atttypid from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0
     ) of(oid)
     where of.oid <> 0
  ),
  code as (
    select p.relation, 'pg_constraint'::regclass::oid as kind, k.oid from held p join pg_constraint k on k.contypid = p.oid
     union all
    select p.relation, 'pg_trigger'::regclass::oid, t.oid from part p join pg_trigger t on t.tgrelid = p.oid and not t.tgisinternal
     union all
    select p.relation, 'pg_rewrite'::regclass::oid, r.oid from part p join pg_rewrite r on r.ev_class = p.oid
     union all
    select p.relation, 'pg_constraint'::regclass::oid, k.oid from part p join pg_constraint k on k.conrelid = p.oid
     union all
    select p.relation, 'pg_attrdef'::regclass::oid, d.oid from part p join pg_attrdef d on d.adrelid = p.oid
     union all
    select p.relation, 'pg_class'::regclass::oid, i.indexrelid from part p join pg_index i on i.indrelid = p.oid
  ),
  found as (
    select p.relation, c.relowner as role, format('owns %s', c.oid::regclass) as how
      from part p join pg_class c on c.oid = p.oid
     union all
    select p.relation, g.grantee, format('has TRIGGER on %s', c.oid::regclass)
      from part p join pg_class c on c.oid = p.oid
     cross join lateral aclexplode(c.relacl) g
     where g.privilege_type = 'TRIGGER'
     union all
    select o.relation, f.proowner, format('owns function %s, which %s calls', f.oid::regprocedure, o.relation)
      from code o
      join pg_depend d on d.classid = o.kind and d.objid = o.oid and d.refclassid = 'pg_proc'::regclass
      join pg_proc f on f.oid = d.refobjid
     union all
    select h.relation, t.typowner, format('owns type %s, which %s has', t.oid::regtype, h.relation)
      from held h
      join pg_type t on t.oid = h.oid
     union all
    -- A score reads a column by a cast.
    select h.relation, f.proowner, format('owns function %s, which casts what %s has', f.oid::regprocedure, h.relation)
      from held h
      join pg_cast k on k.castsource = h.oid
      join pg_proc f on f.oid = k.castfunc
  )
  select distinct case f.role when 0 then 'public' else pg_get_userbyid(f.role)::text end, f.relation::text, f.how
    from found f
   where f.role = 0 or not pg_has_role(f.role, 'dbml_owner', 'member')
   order by 1, 2, 3
$$;
comment on function dbml._strangers(regclass[]) is
  'Roles that are neither dbml_owner nor a superuser, and whose code dbml_owner runs where dbml writes to these tables.';

create or replace function dbml._strangers_called(source regclass, expression text) returns table (role text, relation text, how text)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  -- The catalog tells of a view what it calls.
  execute format(E'create temporary view dbml_calls as select (%s\n) as called from %s', expression, source);
  return query
    select distinct pg_get_userbyid(o.owner)::text, source::text, format('owns %s, which the spec calls', o.name)
      from pg_rewrite r
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      join (select 'pg_proc'::regclass::oid as kind, f.oid, f.proowner as owner, 'function ' || f.oid::regprocedure as name from pg_proc f
             union all
            select 'pg_operator'::regclass, p.oid, f.proowner, 'operator ' || p.oid::regoperator
              from pg_operator p join pg_proc f on f.oid = p.oprcode
             union all
            select 'pg_type'::regclass, t.oid, t.typowner, 'type ' || t.oid::regtype from pg_type t) o
        on o.kind = d.refclassid and o.oid = d.refobjid
     where r.ev_class = 'pg_temp.dbml_calls'::regclass and not pg_has_role(o.owner, 'dbml_owner', 'member');
  drop view pg_temp.dbml_calls;
exception
  when insufficient_privilege then
    raise;
  when syntax_error_or_access_rule_violation or feature_not_supported or data_exception then
    return; -- it is no expression over this table, which other checks tell better
end
$$;
comment on function dbml._strangers_called(regclass, text) is 'As _strangers(), of what an expression over a table calls.';

create or replace function dbml._strangers_of(relations text[], calls jsonb) returns table (role text, how text)
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select t.role, t.how from dbml._strangers(relations::regclass[]) t
   union
  select t.role, t.how
    from jsonb_to_recordset(calls) c(relation text, expression text)
   cross join lateral dbml._strangers_called(c.relation::regclass, c.expression) t
$$;
comment on function dbml._strangers_of(text[], jsonb) is 'As _strangers(), of tables and of what a spec calls over them.';

create or replace function dbml._refuse_strangers(relations text[], calls jsonb, trusted text[] default '{}') returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  named text := (
    select string_agg(format('%s (%s)', s.role, s.how), ', ' order by s.role, s.how)
      from dbml._strangers_of(relations, calls) s
     where s.role <> all (trusted));
begin
  if named is not null then
    raise exception 'these roles can run code as dbml_owner: %', named
      using errcode = 'DB009',
            hint = 'Attach with --trust (trust=True) if you would make them members of dbml_owner as well; else give tables and functions another owner, and revoke TRIGGER.';
  end if;
end
$$;
comment on function dbml._refuse_strangers(text[], jsonb, text[]) is
  'Refuses to attach tables while roles could run code as dbml_owner by them, or by what the spec calls; but for roles that are trusted.';

-- By name, because a dump knows roles by nothing else.
create or replace function dbml._trust_strangers(profile integer, relations text[], calls jsonb) returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
  update dbml.profile p
     set trusted = array(select distinct s.role from dbml._strangers_of(relations, calls) s order by 1)
   where p.id = _trust_strangers.profile
$$;
comment on function dbml._trust_strangers(integer, text[], jsonb) is
  'Remembers which roles whoever attaches a profile trusts to run code as dbml_owner by it.';

create or replace function dbml._as_owner(statement text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  execute statement;
end
$$;
comment on function dbml._as_owner(text) is
  'Runs a statement that writes to a user''s table as dbml_owner, for a superuser or a member of dbml_owner: triggers of others '
  'do not run with the caller''s rights then, and cannot take them back as they could after SET ROLE.';

create or replace function dbml._read_as_owner(query text) returns setof record
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  return query execute query;
end
$$;
comment on function dbml._read_as_owner(text) is
  'The rows of a query over a user''s tables, as dbml_owner reads them: what expressions of a spec call does not run with the rights of '
  'the superuser, or member of dbml_owner, who asks.';
