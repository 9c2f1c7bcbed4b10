-- Scoring never reads it: it stands in a table of its own, and a version without it is explained to nobody.
create or replace function dbml._add_background(model text, version integer, content text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  allowed bigint := (select l.plan from dbml._limits() l);
  features jsonb := (select v.interface -> 'features' from dbml.model_version v
                      where v.model = _add_background.model and v.version = _add_background.version);
  texts integer := (select count(*) from jsonb_array_elements(features) f where f ->> 'kind' = 'text');
begin
  -- It is run by a function of dbml_owner.
  perform dbml._checked_expression(array(select json_array_elements_text(content::json -> 'sql' -> 'expression')),
    jsonb_array_length(features) - texts, texts)
    where content::json -> 'sql' is not null;
  if octet_length(content) > allowed then
    raise exception 'what explanations of %@% need has more than the % bytes that this database stores', model, version, allowed
      using errcode = 'DB017', hint = 'Fit a smaller model, or let an administrator raise it: dbml install --artifact-limit MB';
  end if;
  insert into dbml.background (model, version, content)
  values (_add_background.model, _add_background.version, _add_background.content::json)
  on conflict do nothing;
exception when invalid_text_representation or statement_too_complex then
  raise exception 'what explanations of %@% need is not what dbml writes', model, version using errcode = 'DB003';
end
$$;
comment on function dbml._add_background(text, integer, text) is
  'Stores what explanations need of a version; what is there stays.';

create or replace function dbml._lacks_background(model text, version integer) returns boolean
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select not exists (select from dbml.background b where b.model = _lacks_background.model and b.version = _lacks_background.version)
$$;
comment on function dbml._lacks_background(text, integer) is 'Whether nothing is stored of what explanations need of a version.';
