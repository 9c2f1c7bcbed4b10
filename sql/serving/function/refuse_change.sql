create or replace function dbml._refuse_change(model text, version integer, changes text[]) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  present dbml.model_version;
  coming dbml.model_version;
  unsaid text[] := '{}';
  differing text[] := '{}';
  more text;
  less text;
begin
  if not changes <@ array['output', 'features'] then
    raise exception 'a deployment changes output or features, and nothing that is called %', array_to_string(changes, ', ')
      using errcode = 'DB025', hint = 'Say output, features or both.';
  end if;
  select v.* into present
    from dbml.serving s
    join dbml.model_version v on v.model = s.model and v.version = s.version
   where s.model = _refuse_change.model and s.arm = 'control';
  select v.* into coming from dbml.model_version v where v.model = _refuse_change.model and v.version = _refuse_change.version;
  if present.model is null then
    return;
  end if;
  if dbml._class(present.interface) is distinct from dbml._class(coming.interface) and not 'output' = any (changes) then
    unsaid := unsaid || 'output'::text;
    differing := differing || format('its score is %s, and was %s', dbml._scored(coming.interface), dbml._scored(present.interface));
  end if;
  more := dbml._other_features(coming.interface, present.interface);
  less := dbml._other_features(present.interface, coming.interface);
  if (more || less) <> '' and not 'features' = any (changes) then
    unsaid := unsaid || 'features'::text;
    differing := differing || concat_ws(' and ', 'it takes ' || nullif(more, ''), 'it takes no more ' || nullif(less, ''));
  end if;
  if unsaid <> '{}' then
    raise exception '%@% is not what %@% is, which serves: %', model, version, model, present.version, array_to_string(differing, '; ')
      using errcode = 'DB025',
            hint = format('If that is meant: dbml deploy %s@%s%s', model, version,
                          (select string_agg(' --changes ' || c, '') from unnest(unsaid) c));
  end if;
end
$$;
comment on function dbml._refuse_change(text, integer, text[]) is
  'Refuses a version with another output or other features than the one that serves, unless that is said aloud.';

-- True, 1 and 1.0 are one class, as they are to numpy: labels come from a boolean column one day and from a file the next.
create or replace function dbml._class(interface jsonb) returns jsonb
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_array(interface -> 'output' -> 'kind',
                           case jsonb_typeof(o.label) when 'boolean' then to_jsonb((o.label = 'true')::integer) else o.label end)
    from (select interface -> 'output' -> 'label' as label) o
$$;
comment on function dbml._class(jsonb) is 'What a score is, to be compared.';

create or replace function dbml._scored(interface jsonb) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case o.kind
           when 'probability' then format('the probability of "%s"', o.label)
           when 'label' then format('1 where "%s" is predicted, else 0', o.label)
           else 'the predicted value' end
    from (select interface -> 'output' ->> 'kind' as kind,
                 -- As whoever adds a model names the class.
                 case jsonb_typeof(interface -> 'output' -> 'label')
                   when 'boolean' then initcap(interface -> 'output' ->> 'label')
                   else interface -> 'output' ->> 'label' end as label) o
$$;
comment on function dbml._scored(jsonb) is 'What a score is, in words.';

create or replace function dbml._other_features(one jsonb, other jsonb) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(format('"%s" as %s', f ->> 'name', f ->> 'kind'), ', ' order by i), '')
    from jsonb_array_elements(one -> 'features') with ordinality e(f, i)
   where not exists (select from jsonb_array_elements(other -> 'features') o
                      where o ->> 'name' = f ->> 'name' and o ->> 'kind' = f ->> 'kind')
$$;
comment on function dbml._other_features(jsonb, jsonb) is 'Features of one interface that another does not have, or has as another kind.';
