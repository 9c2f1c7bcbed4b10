create or replace function dbml.arm_of(model text, key text) returns text
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._route_of(model, key, 'arm')
$$;
comment on function dbml.arm_of(text, text) is
  'The arm that an entity belongs to: dbml.arm_of(''churn'', ''17''); a key of several columns is an array as text, {17,AU}.';

create or replace function dbml.version_of(model text, key text) returns integer
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select dbml._route_of(model, key, 'version')::integer
$$;
comment on function dbml.version_of(text, text) is 'The version that scores an entity: dbml.version_of(''churn'', ''17'').';

create or replace function dbml._route_of(model text, key text, wanted text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  attached dbml.profile;
  entity text[];
  predicate text;
  result text;
begin
  select p.* into attached
    from dbml.profile p
    join dbml.prediction r on r.profile = p.id
   where r.model = _route_of.model
   order by p.id
   limit 1;
  if attached.id is null or (dbml._deployed(model)).model is null then
    raise exception 'model % has no deployed version that scores a profile', quote_literal(model)
      using errcode = 'DB005', hint = 'dbml status shows what is attached, and what serves it.';
  end if;
  entity := case when cardinality(attached.key) = 1 then array[key] else key::text[] end;
  if cardinality(entity) <> cardinality(attached.key) then
    raise exception 'the key of % has % columns: %', attached.relation, cardinality(attached.key), array_to_string(attached.key, ', ')
      using errcode = 'DB009', hint = 'Write it as an array, such as {17,AU}.';
  end if;
  predicate := (select o.predicate from dbml.rollout o where o.model = _route_of.model);
  if predicate is not null and not dbml._caller_reads(attached.relation, coalesce(dbml._columns_named(attached.relation, predicate), '{}')) then
    raise exception 'the strategy of % chooses rows of % by what role % may not read', quote_literal(model), attached.relation, session_user
      using errcode = 'DB014', hint = format('The answer would tell it. Whoever may read %s in every row is answered.',
        array_to_string(dbml._columns_named(attached.relation, predicate), ', '));
  end if;
  -- An entity without a row has an arm already, unless the strategy chooses by other columns.
  execute format(
    'select dbml_scorer.%1$I($1, coalesce((select q from %2$s q where %3$s), jsonb_populate_record(null::%2$s, $3)))::text',
    format('profile_%s_%s', attached.id, wanted), attached.relation,
    (select string_agg(format('q.%s = $2[%s]::%s', dbml._quoted(k), i, format_type(a.atttypid, a.atttypmod)), ' and ')
       from unnest(attached.key) with ordinality u(k, i)
       join pg_attribute a on a.attrelid = attached.relation and a.attname = k))
    into result using model, entity, (select jsonb_object_agg(k, entity[i]) from unnest(attached.key::text[]) with ordinality u(k, i));
  return result;
end
$$;
comment on function dbml._route_of(text, text, text) is 'The arm or the version that an entity belongs to, as text.';
