-- A service asks for it with each request: so it looks at what a deployment and a strategy change, and not at what comes of it.
create or replace function dbml._serving_state(model text) returns text
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  named text[];
  name text := model;
  asked integer;
  newest record;
  arms integer[];
  state text;
begin
  select l.id, l.version into newest from dbml.deployment l where l.model = name order by l.id desc limit 1;
  asked := newest.version;
  if asked is null then
    named := regexp_match(model, '^(.*)@([^@]+)$');
    name := named[1];
    select l.id, l.version into newest from dbml.deployment l where l.model = name order by l.id desc limit 1;
    asked := case when named[2] ~ '^[0-9]{1,9}$' then named[2]::integer
                  when named[2] = 'control' then newest.version
                  else (select a.version from dbml.arm a where a.model = name and a.arm = named[2]) end;
  end if;
  arms := array(select a.version from dbml.arm a where a.model = name);
  state := (select string_agg(concat_ws(' ', e.version, e.engine, e.chosen_at), ', ' order by e.version)
              from dbml.version_engine e
             where e.model = name and e.version = any (arms || newest.version || asked)
            having bool_or(e.version = asked));
  if state is null then
    -- Says what is not there.
    perform dbml._scorer_named(model);
  end if;
  if arms <> '{}' then
    state := concat_ws('; ', state,
      (select string_agg(concat_ws(' ', a.arm, a.version), ', ' order by a.arm) from dbml.arm a where a.model = name),
      (select string_agg(concat_ws(' ', l.bucket, l.arm), ', ' order by l.bucket) from dbml.allocation l where l.model = name));
  end if;
  return concat_ws('; ', newest.id, state);
end
$$;
comment on function dbml._serving_state(text) is
  'Who serves a model, and how, as one text: while it stays, a statement of _scores_statement() stays right.';
