-- The service asks as its client: who may not score learns nothing here.
create or replace function dbml._interface(
  model text, out name text, out version integer, out engine text, out estimator text, out features jsonb, out output jsonb,
  out profile text, out relation oid, out key text[], out key_types text[], out columns text[], out column_types oid[], out state text
)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  scorer dbml.scorer := dbml._scorer_named(model);
  attached dbml.profile;
begin
  name := scorer.model;
  version := scorer.version;
  engine := scorer.engine;
  features := scorer.interface -> 'features';
  output := scorer.interface -> 'output';
  estimator := scorer.interface ->> 'estimator';
  state := dbml._serving_state(model);
  select p.* into attached
    from dbml.prediction r
    join dbml.profile p on p.id = r.profile
   where r.model = scorer.model and p.complete
   order by p.id
   limit 1;
  relation := attached.relation;
  if relation is not null then
    select format('%I.%I', n.nspname, c.relname) into profile
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
    key := attached.key::text[];
    select array_agg(format_type(a.atttypid, -1) order by k.i) into key_types
      from unnest(attached.key) with ordinality k(name, i)
      join pg_attribute a on a.attrelid = attached.relation and a.attname = k.name;
    select array_agg(a.attname::text order by a.attnum), array_agg(a.atttypid order by a.attnum) into columns, column_types
      from pg_attribute a
     where a.attrelid = attached.relation and a.attnum > 0 and not a.attisdropped;
  end if;
end
$$;
comment on function dbml._interface(text) is
  'All that the web service needs to know of the version that is called churn, churn@2 or churn@candidate, and of its profile.';
