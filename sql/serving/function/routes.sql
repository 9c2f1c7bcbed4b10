-- Routing is a pure function of a model and a row's key. Whatever scores a row, trigger, query or rescore, is made of this.
create or replace function dbml._routes(
  attached dbml.profile, prediction dbml.prediction, bucket text
) returns table (arm text, scorer dbml.scorer, condition text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.arm, dbml._scorer(s.model, s.version),
         (select string_agg(format('%s between %s and %s', bucket, a.first, a.last), ' or ' order by a.first)
            from dbml._allocated(s.model) a
           where a.arm = s.arm and s.arm <> 'control')
    from dbml.serving s
   where s.model = prediction.model
     and (s.arm = 'control' or s.share > 0)
   order by s.arm = 'control', s.arm
$$;
comment on function dbml._routes(dbml.profile, dbml.prediction, text) is
  'The arms that score rows, each with the condition under which, given the SQL for a row''s bucket; the control is the last, and has the rest.';

-- With a salt of its own: whom a strategy gets says nothing about who is held out.
create or replace function dbml._held_out(attached dbml.profile, prediction dbml.prediction, keys text[]) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select case when prediction.holdout is not null then
           format('%s < %s', dbml._bucket(attached, 'holdout of ' || prediction.model, keys), round(prediction.holdout * 10000)) end
$$;
comment on function dbml._held_out(dbml.profile, dbml.prediction, text[]) is
  'SQL that says whether an entity is held out, from the SQL for each column that its bucket is of; NULL where the prediction has no holdout.';

create or replace function dbml._keys(attached dbml.profile, row_name text) returns text[]
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(format('%s.%s', row_name, dbml._quoted(c)) order by i) from unnest(dbml._bucket_columns(attached)) with ordinality u(c, i)
$$;
comment on function dbml._keys(dbml.profile, text) is 'SQL for each column of a row that its bucket is computed from.';

create or replace function dbml._bucket_columns(attached dbml.profile) returns text[]
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when dbml._bucket_column(attached) is null then attached.key::text[] else array[dbml._bucket_column(attached)] end
$$;
comment on function dbml._bucket_columns(dbml.profile) is 'The columns that the buckets of a profile''s rows are computed from: its bucket_column, else its key.';

-- A row that a strategy leaves out has no bucket, and so falls to the control; so does one that is held out.
create or replace function dbml._row_bucket(attached dbml.profile, prediction dbml.prediction, row_name text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select case when c.condition = '' then b.bucket else format('case when %s then %s end', c.condition, b.bucket) end
    from (select dbml._bucket(attached, prediction.model, dbml._keys(attached, row_name))) b(bucket)
   cross join (
         select concat_ws(' and ',
                  (select format('dbml_scorer.%s(%s)', dbml._quoted(dbml._where_function(prediction)),
                            (select string_agg(format('%s.%s', row_name, dbml._quoted(c)), ', ')
                               from unnest(dbml._columns_named(attached.relation, o.predicate)) c))
                     from dbml.rollout o
                    where o.model = prediction.model and o.predicate is not null),
                  'not (' || dbml._held_out(attached, prediction, dbml._keys(attached, row_name)) || ')')) c(condition)
$$;
comment on function dbml._row_bucket(dbml.profile, dbml.prediction, text) is 'SQL for the bucket of a profile row.';

create or replace function dbml._routing_columns(attached dbml.profile, prediction dbml.prediction) returns text[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select array_remove(array[dbml._bucket_column(attached)], null)
      || coalesce((select dbml._columns_named(attached.relation, o.predicate) from dbml.rollout o where o.model = prediction.model), '{}')
$$;
comment on function dbml._routing_columns(dbml.profile, dbml.prediction) is
  'The columns besides the key that decide which version scores a row.';

create or replace function dbml._where_function(prediction dbml.prediction) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('profile_%s_%s_where', prediction.profile, prediction.model)
$$;
comment on function dbml._where_function(dbml.prediction) is 'The name of the function by which a strategy chooses rows.';

create or replace function dbml._bind_where(attached dbml.profile, prediction dbml.prediction, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  predicate text := (select o.predicate from dbml.rollout o where o.model = prediction.model);
  named record;
begin
  if predicate is null then
    return 0;
  end if;
  perform dbml._checked_predicate(attached, predicate);
  select string_agg(format('%s %s', dbml._quoted(a.attname), format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) as parameters,
         string_agg(format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as types
    into named
    from pg_attribute a
   where a.attrelid = attached.relation and a.attname = any (dbml._columns_named(attached.relation, predicate)) and not a.attisdropped;
  return dbml._generate_from(
    format('dbml_scorer.%I(%s)', dbml._where_function(prediction), named.types),
    'feature',
    jsonb_build_object(
      'function', dbml._where_function(prediction),
      'parameters', coalesce(named.parameters, ''),
      'type', 'boolean',
      'expression', format(E'(%s\n)::boolean', predicate)),
    format('Whether a row of %s takes part in what runs beside %s.', attached.relation, prediction.model), true, anew);
end
$$;
comment on function dbml._bind_where(dbml.profile, dbml.prediction, boolean) is
  'Part of _bind: a function for the rows that a strategy is for.';

-- It runs as dbml_owner in the trigger, and whoever deploys is trusted less than that: so nothing passes but
-- comparisons of the profile's own columns with literals.
create or replace function dbml._checked_predicate(attached dbml.profile, predicate text) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  tokens constant text := $re$\s+|'(?:[^'\\]|'')*'|[0-9]+(?:\.[0-9]+)?|"(?:[^"]|"")+"|[[:alpha:]_][[:alnum:]_]*|<>|<=|>=|!=|::|--|/\*|.$re$;
  allowed constant text[] := array['and', 'or', 'not', 'in', 'is', 'null', 'true', 'false', 'between', 'like', 'ilike', 'distinct', 'from',
    'date', 'text', 'integer', 'numeric', 'boolean', 'timestamptz', 'lower', 'upper', 'coalesce', 'length', 'abs'];
  types constant text[] := array['date', 'text', 'integer', 'numeric', 'boolean', 'timestamptz'];
  token text;
  before text := '';
begin
  for token in select m[1] from regexp_matches(predicate, '(' || tokens || ')', 'g') m loop
    continue when token ~ '^\s+$';
    -- A column's value that is no number is shown by the error of its cast.
    if token = '(' and before ~ '^["[:alpha:]_]' and lower(before) <> all (allowed) then
      raise exception 'the predicate % of % calls %, and may call nothing', quote_literal(predicate), attached.relation, before
        using errcode = 'DB030', hint = 'Compare columns of the profile with literals, such as region = ''AU'' and spend > 10.';
    end if;
    if token = '::' and before !~ '^[''0-9]' or token = '(' and lower(before) = any (types) then
      raise exception 'the predicate % of % casts what is no literal', quote_literal(predicate), attached.relation
        using errcode = 'DB030', hint = 'Cast the literal to the column''s type, such as joined > ''2026-01-01''::date.';
    end if;
    before := token;
    continue when token ~ '^''' and length(token) > 1 or token ~ '^[0-9]';
    continue when token in ('=', '<', '>', '<=', '>=', '<>', '!=', '+', '-', '*', '/', '(', ')', ',', '::');
    continue when lower(token) = any (allowed);
    continue when exists (
      select from pg_attribute a
       where a.attrelid = attached.relation and a.attnum > 0 and not a.attisdropped
         and a.attname = case when token like '"%' then replace(substr(token, 2, length(token) - 2), '""', '"') else lower(token) end);
    raise exception 'the predicate % of % holds %, which is neither one of its columns nor a comparison',
      quote_literal(predicate), attached.relation, quote_literal(token)
      using errcode = 'DB030', hint = 'Compare columns of the profile with literals, such as region = ''AU'' and spend > 10.';
  end loop;
  begin
    execute format(E'select from %s where (%s\n) limit 0', attached.relation, predicate);
  exception when syntax_error_or_access_rule_violation or data_exception then
    raise exception 'the predicate % of % is no condition: %', quote_literal(predicate), attached.relation, sqlerrm
      using errcode = 'DB030', hint = 'Compare columns of the profile with literals, such as region = ''AU'' and spend > 10.';
  end;
end
$$;
comment on function dbml._checked_predicate(dbml.profile, text) is
  'Refuses a condition on the rows of a profile that holds anything but its columns, literals and comparisons.';

create or replace function dbml._routed(attached dbml.profile, prediction dbml.prediction, wanted text, row_name text) returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select coalesce('case when ' || case wanted when 'arm' then dbml._held_out(attached, prediction, dbml._keys(attached, row_name)) end
                  || ' then ''holdout''::text else ', '')
         || case
           when count(*) = 0 then case wanted when 'arm' then 'null::text' else 'null::integer' end
           when count(*) = 1 then min(v.value)
           else format('case %s else %s end',
                  string_agg(format('when %s then %s', r.condition, v.value), ' ' order by r.arm) filter (where r.condition is not null),
                  min(v.value) filter (where r.condition is null))
         end
         || case when wanted = 'arm' and prediction.holdout is not null then ' end' else '' end
    from dbml._routes(attached, prediction, dbml._row_bucket(attached, prediction, row_name)) r
   cross join lateral (
     select case wanted when 'arm' then quote_literal(r.arm) || '::text' else (r.scorer).version::text end as value) v
$$;
comment on function dbml._routed(dbml.profile, dbml.prediction, text, text) is
  'SQL for the arm, or the version, that a profile row belongs to.';

create or replace function dbml._bind_routing(attached dbml.profile, anew boolean) returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  prediction dbml.prediction;
  wanted text;
  changed integer := 0;
begin
  for prediction in select * from dbml.prediction r where r.profile = attached.id loop
    changed := changed + dbml._bind_where(attached, prediction, anew);
  end loop;
  if not exists (select from dbml.prediction r where r.profile = attached.id) then
    return 0;
  end if;
  foreach wanted in array array['arm', 'version'] loop
    changed := changed + dbml._generate_from(
      format('dbml_scorer.%I(text, %s)', format('profile_%s_%s', attached.id, wanted), attached.relation),
      'routing',
      jsonb_build_object(
        'function', format('profile_%s_%s', attached.id, wanted),
        'profile', attached.relation,
        'type', case wanted when 'arm' then 'text' else 'integer' end,
        'body', (select format(E'\nselect case model\n%s\n       end\n',
                          string_agg(format('         when %L then %s', r.model, dbml._routed(attached, r, wanted, 'c')), E'\n' order by r.model))
                   from dbml.prediction r
                  where r.profile = attached.id)),
      format('The %s of a model that a row of %s belongs to.', wanted, attached.relation), true, anew);
  end loop;
  return changed;
end
$$;
comment on function dbml._bind_routing(dbml.profile, boolean) is 'Part of _bind: which arm and which version a row belongs to.';
