declare
  dbml_path text := pg_catalog.current_setting('search_path');
  dbml_timeout text := pg_catalog.current_setting('lock_timeout');
  dbml_id integer;
  dbml_differing text;
  dbml_wanted record;
  dbml_unequal boolean;
  dbml_figures record;
  dbml_model text;
begin
  -- As inside the triggers, so that a counter's expression means the same.
  set local search_path = pg_catalog, pg_temp;
  perform set_config('lock_timeout', {lock_timeout}, true);
  foreach dbml_model in array {models}::text[] loop
    if not exists (select from dbml.model_version v where v.model = dbml_model) then
      raise exception 'there is no model %', quote_literal(dbml_model)
        using errcode = 'DB005', hint = format('dbml model add %s FILE adds one.', dbml_model);
    end if;
  end loop;
  if exists (select from dbml.profile p where p.relation = to_regclass({table})) then
    raise exception '% is attached already', {table} using errcode = 'DB012', hint = 'Detach it first, then attach again.';
  end if;
  -- Written from the application's models: what is generated from them must fit the tables that are here.
  for dbml_wanted in
    select * from jsonb_to_recordset({facts}) f(relation text, name text, type text, not_null boolean, default_is text)
  loop
    select a.atttypid is distinct from to_regtype(dbml_wanted.type)
             or a.attnotnull <> coalesce(dbml_wanted.not_null, a.attnotnull) as unequal,
           pg_get_expr(d.adbin, d.adrelid) as default_here
      into dbml_figures
      from (select) o
      left join pg_attribute a on a.attrelid = to_regclass(dbml_wanted.relation) and a.attname = dbml_wanted.name
                              and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum;
    dbml_unequal := dbml_figures.unequal;
    if dbml_wanted.default_is is not null and not dbml_unequal then
      execute format('select (%s)::text is distinct from (%s)::text',
        coalesce(dbml_figures.default_here, 'null'), dbml_wanted.default_is) into dbml_unequal;
    end if;
    if dbml_unequal then
      dbml_differing := concat_ws(', ', dbml_differing, format('column %s of %s', dbml_wanted.name, dbml_wanted.relation));
    end if;
  end loop;
  for dbml_wanted in
    select * from jsonb_to_recordset({references}) f(event text, event_key text[], profile_key text[], follows boolean)
  loop
    if dbml_wanted.follows is distinct from exists (
         select from pg_constraint f
          where f.conrelid = to_regclass(dbml_wanted.event) and f.confrelid = to_regclass({table})
            and f.contype = 'f' and f.convalidated and not f.condeferrable
            and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
                  where a.attrelid = f.conrelid and a.attnum = any (f.conkey)) = dbml_wanted.event_key
            and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
                  where a.attrelid = f.confrelid and a.attnum = any (f.confkey)) = dbml_wanted.profile_key) then
      dbml_differing := concat_ws(', ', dbml_differing, format('the foreign key of %s', dbml_wanted.event));
    end if;
  end loop;
  if not exists (
       select from pg_index i
        where i.indrelid = to_regclass({table}) and i.indisunique and i.indimmediate and i.indisvalid
          and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
          and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
                where a.attrelid = i.indrelid and a.attnum = any (i.indkey)) = {key}::text[]) then
    dbml_differing := concat_ws(', ', dbml_differing, format('the unique key of %s', {table}));
  end if;
  if (select c.relkind = 'p' from pg_class c where c.oid = to_regclass({table})) is distinct from {partitioned} then
    dbml_differing := concat_ws(', ', dbml_differing, format('the partitioning of %s', {table}));
  end if;
  if dbml_differing is not null then
    raise exception 'the tables are not what the application''s models say: %', dbml_differing
      using errcode = 'DB009', hint = 'A script is written from target_metadata. Run this revision without --sql.';
  end if;
  {lock};
  {disagreement}
  perform pg_advisory_xact_lock(hashtextextended('dbml.attach', 0));
  select coalesce(max(p.id), 0) + 1 into dbml_id from dbml.profile p;
  execute replace({script}, {placeholder}, dbml_id::text);
  foreach dbml_model in array {models}::text[] loop
    if (dbml._deployed(dbml_model)).model is not null then
      perform dbml._rescore_profile(dbml_id, dbml_model);
    end if;
  end loop;
  perform set_config('search_path', dbml_path, true);
  perform set_config('lock_timeout', dbml_timeout, true);
end
