-- What is generated for a profile fits the tables that it was composed for: as the catalog had them, or, in a script, as
-- the application's models declare them. Types are looked up by the caller, whose search_path the models were written for.
create or replace function dbml._check_tables(profile text, facts jsonb, types regtype[]) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  attaching regclass := to_regclass(profile);
  wanted text;
  differing text[];
begin
  for wanted in select jsonb_array_elements_text(facts -> 'models') loop
    if not exists (select from dbml.model_version v where v.model = wanted) then
      raise exception 'there is no model %', quote_literal(wanted)
        using errcode = 'DB005', hint = format('dbml model add %s FILE adds one.', wanted);
    end if;
  end loop;
  if exists (select from dbml.profile p where p.relation = attaching) then
    raise exception '% is attached already', attaching using errcode = 'DB012', hint = 'Detach it first, then attach again.';
  end if;
  if not exists (
       select from pg_index i
        where i.indrelid = attaching and i.indisunique and i.indimmediate and i.indisvalid
          and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
          and dbml._column_names(attaching, i.indkey) = array(select k collate "C" from jsonb_array_elements_text(facts -> 'key') k order by 1)) then
    raise exception '(%) is not a unique key of %', (select string_agg(k, ', ') from jsonb_array_elements_text(facts -> 'key') k), attaching
      using errcode = 'DB009',
            hint = 'Name the primary key, or create a unique index without a condition on exactly these columns.';
  end if;

  select array_agg(format('column %s of %s', c.name, to_regclass(c.relation)) order by c.number) into differing
    from (select x.*, o.number, types[o.number] as type
            from jsonb_array_elements(facts -> 'columns') with ordinality o(fact, number)
           cross join lateral jsonb_to_record(o.fact) x(relation text, name text, not_null boolean, "default" text)) c
    left join pg_attribute a on a.attrelid = to_regclass(c.relation) and a.attname = c.name and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.atttypid is distinct from c.type
      or a.attnotnull <> coalesce(c.not_null, a.attnotnull)
      or c."default" is not null and dbml._differs(pg_get_expr(d.adbin, d.adrelid), c."default");
  select differing || array_agg(format('the foreign key of %s', to_regclass(r.event))) into differing
    from jsonb_to_recordset(facts -> 'references') r(event text, event_key text[], "to" text, profile_key text[], follows boolean)
   where r.follows is distinct from exists (
           select from pg_constraint f
            where f.conrelid = to_regclass(r.event) and f.confrelid = coalesce(to_regclass(r."to"), attaching)
              and f.contype = 'f' and f.convalidated and not f.condeferrable
              and dbml._column_names(f.conrelid, f.conkey) = r.event_key
              and dbml._column_names(f.confrelid, f.confkey) = r.profile_key);
  if (facts -> 'partitioned')::boolean is distinct from (select c.relkind = 'p' from pg_class c where c.oid = attaching) then
    differing := differing || format('the partitioning of %s', attaching);
  end if;
  if differing <> '{}' then
    raise exception 'the tables are not what this was written for: %', array_to_string(differing, ', ')
      using errcode = 'DB009',
            hint = 'A script is written from the application''s models: run its revision without --sql. Else attach again.';
  end if;
end
$$;
comment on function dbml._check_tables(text, jsonb, regtype[]) is
  'Refuses to attach a profile to other tables than its functions and triggers were composed for.';

create or replace function dbml._column_names(relation regclass, numbers smallint[]) returns text[]
language sql
stable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array(select a.attname::text collate "C" from pg_attribute a where a.attrelid = relation and a.attnum = any (numbers) order by 1)
$$;
comment on function dbml._column_names(regclass, smallint[]) is 'The names of columns, sorted.';

create or replace function dbml._differs(one text, other text) returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  unequal boolean := one is distinct from other;
begin
  if unequal then
    execute format('select (%s)::text is distinct from (%s)::text', coalesce(one, 'null'), other) into unequal;
  end if;
  return unequal;
end
$$;
comment on function dbml._differs(text, text) is 'Whether two defaults of a column are not the same value.';
