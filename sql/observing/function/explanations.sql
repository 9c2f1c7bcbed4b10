-- As scores(): the rows are read with their caller's rights, and what explains is handed values alone.
create or replace function dbml.explanations(model text, rows text, scale text default 'margin')
returns table (key text[], version integer, base float8, contributions float8[])
language sql
stable parallel unsafe
security invoker
as $$
  select e.key, e.version, e.base, e.contributions
    from dbml._explanations(model, case when dbml._is_a_name(rows) then rows::pg_catalog.regclass end, rows, scale) e
$$;
comment on function dbml.explanations(text, text, text) is
  'Explains many rows: dbml.explanations(''churn'', ''select * from customer where …''), or a table''s name. Contributions stand in the '
  'order of the version''s features, and are NULL for a row that the model refuses.';

create or replace function dbml._explanations(model text, relation regclass, source text, scale text)
returns table (key text[], version integer, base float8, contributions float8[])
language plpgsql
stable parallel unsafe
security invoker
set cursor_tuple_fraction = 1 -- every row will be fetched
as $$
declare
  read record;
  reading record;
  batches refcursor;
begin
  read := dbml._read_source(relation, source);
  for reading in select * from dbml._explanations_reading(model, relation, read.names, read.types, scale) loop
    -- A query in parentheses, because pgspot reads what OPEN executes as a statement.
    open batches no scroll for
      execute (select pg_catalog.format('select %s from %s%s', reading.columns, read.rows, reading.condition));
    loop
      return query execute reading.batch using batches::text;
      exit when not found;
    end loop;
    close batches;
  end loop;
end
$$;
comment on function dbml._explanations(text, regclass, text, text) is 'Explains the rows of a query.';

-- Where several versions serve, the rows are read once for each, and each reads its own.
create or replace function dbml._explanations_reading(
  model text, relation regclass, names text[], types oid[], scale text
) returns table (columns text, batch text, condition text)
language plpgsql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  rows_in_a_batch constant integer := 4096;
  scorer dbml.scorer := dbml._scorer_named(model);
  routed text := (
    select case when count(*) > 1 then dbml._cases(string_agg(dbml._branch(r.condition, (r.scorer).version::text), '' order by r.place)) end
      from dbml._scores_routes(model, scorer, relation, names) r);
  keys text[] := dbml._scores_keys(scorer.model, relation, names);
  inputs record;
  batches record;
begin
  perform dbml._require_plpython();
  if scale not in ('margin', 'probability') then
    raise exception 'there is no scale %', quote_literal(scale) using errcode = 'DB013', hint = 'Scales are margin and probability.';
  end if;
  for scorer in
    select (dbml._scorer(scorer.model, v.version)).*
      from (select distinct s.version
              from dbml.serving s
             where routed is not null and s.model = scorer.model and (s.arm = 'control' or s.share > 0)
             union all
            select scorer.version where routed is null) v
  loop
    inputs := dbml._scores_inputs(model, scorer, relation, names, types);
    condition := case when routed is null then '' else format(' where (%s) = %s', routed, scorer.version) end;
    batches := dbml._batch_query(keys, inputs.numbers, inputs.texts,
      format('pg_catalog.string_to_array(dbml._explain_rows(%L, %s, pg_catalog.count(*)::integer, %%s, %L), E''\n'', ''null'')',
        scorer.model, scorer.version, scale),
      format('%s::integer, u.answer::pg_catalog.float8[]', scorer.version));
    columns := batches.columns;
    batch := format('select x.key, x.version, x.answer[1], x.answer[2:] from (%s offset 0) x(key, version, answer)',
      replace(batches.answering, '{rows}', format('dbml._fetch($1, %s) b(%s)', rows_in_a_batch, batches.definitions)));
    return next;
  end loop;
end
$$;
comment on function dbml._explanations_reading(text, regclass, text[], oid[], text) is
  'For each version that explains some of the rows, named q: what is selected of them, the query that explains a batch, and which rows.';

create or replace function dbml.importance(model text, rows text, scale text default 'margin')
returns table (feature text, importance float8)
language sql
stable parallel unsafe
security invoker
as $$
  select f.name, pg_catalog.sum(g.total) operator(pg_catalog./) pg_catalog.sum(g.rows)
    from (select e.version, u.place, pg_catalog.sum(pg_catalog.abs(u.worth)) as total, pg_catalog.count(*)::pg_catalog.float8 as rows
            from dbml.explanations(model, rows, scale) e
           cross join lateral rows from (pg_catalog.unnest(e.contributions)) with ordinality u(worth, place)
           group by 1, 2) g
   cross join lateral (
     select m.features operator(pg_catalog.->) (g.place operator(pg_catalog.-) 1)::integer operator(pg_catalog.->>) 'name' as name
       from dbml.model m
      where m.name operator(pg_catalog.=) pg_catalog.split_part(model, '@', 1) and m.version operator(pg_catalog.=) g.version) f
   group by 1
   order by 2 desc, 1
$$;
comment on function dbml.importance(text, text, text) is
  'How much each feature matters over the rows of a table or a query: the mean size of its contributions.';
