-- Deploying replaces functions and touches no table, so it waits for no writer and no writer waits for it:
-- every session sees the new bodies at its next statement.
create or replace function dbml._bind(profile integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  attached dbml.profile;
  prediction dbml.prediction;
  deployed dbml.scorer;
  inputs record;
  inputs_of_new record;
  entity text;
  of_another text;
  scorer text;
  moved text;
  changed text;
  score text;
  on_failure text;
  in_query text;
  counters text;
  generated text;
  predictions text := '';
  prime text := '';
  estimates boolean := false;
begin
  -- One at a time: two models of one profile share its functions, and each must see what the other has deployed.
  perform pg_advisory_xact_lock(hashtextextended('dbml.bind ' || profile, 0));
  select * into strict attached from dbml.profile p where p.id = _bind.profile;
  select format('array[%s]', string_agg(format('new.%I::text', k), ', ' order by i)) into entity
    from unnest(attached.key) with ordinality u(k, i);

  -- INSERT … ON CONFLICT DO NOTHING comes by here as well, with a row that says nothing about the one that is there.
  select format('tg_op = ''INSERT'' and exists (select from %s q where %s)', attached.relation,
                string_agg(format('q.%1$I = new.%1$I', k), ' and ' order by i))
    into of_another
    from unnest(attached.key) with ordinality u(k, i);

  -- A new row's counters are those over no events, whatever the INSERT says; events it has are counted after it.
  -- A row under another key has other events. Most often neither is so, and one question tells: every question is
  -- prepared anew in each transaction. The old row of an INSERT is null.
  select format(E'\n  if %s then\n  elsif tg_op = ''INSERT'' then%s\n  elsif %s then\n    new := dbml_scorer.%I(new);\n  end if;',
                (select string_agg(format('new.%1$I = old.%1$I', k), ' and ') from unnest(attached.key) k),
                string_agg(format(E'\n    new.%I := %s;', c.key, c.value ->> 'empty'), ''),
                (select string_agg(format('new.%1$I is distinct from old.%1$I', k), ' or ') from unnest(attached.key) k),
                format('profile_%s_rekeyed', attached.id))
    into counters
    from dbml.event e, jsonb_each(e.counters) c
   where e.profile = attached.id
  having count(*) > 0;

  -- A BEFORE trigger sees generated columns before they are computed.
  select string_agg(format(E'\n  select %s into new.%I from (select new.*) as generated_from;',
                           pg_get_expr(d.adbin, d.adrelid), a.attname), '')
    into generated
    from pg_attribute a
    join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = attached.relation and a.attgenerated <> '' and not a.attisdropped;

  for prediction in select * from dbml.prediction r where r.profile = attached.id order by r.model loop
    deployed := dbml._deployed(prediction.model);
    scorer := format('profile_%s_%s', attached.id, prediction.model);
    if deployed.model is null then
      execute format(
        'create or replace function dbml_scorer.%I(c %s) returns float8 language sql stable parallel safe as %L',
        scorer, attached.relation, format('select dbml._not_deployed(%L)', prediction.model));
      execute format('grant execute on function dbml_scorer.%I(%s) to dbml_analyst', scorer, attached.relation);
      continue;
    end if;
    inputs := dbml._feature_inputs(prediction, deployed, 'c');
    inputs_of_new := dbml._feature_inputs(prediction, deployed, 'new');
    in_query := dbml._scorer_call(deployed, inputs.numbers, inputs.texts);
    if deployed.in_batches then
      in_query := format('dbml._score_ahead(%L, %L, %s, %s, %s)', deployed.fingerprint, deployed.engine,
        dbml._arrays(inputs.numbers, inputs.texts), attached.id, replace(entity, 'new.', 'c.'));
    end if;
    execute format(
      'create or replace function dbml_scorer.%I(c %s) returns float8 language sql stable parallel %s as %L',
      scorer, attached.relation, case deployed.engine when 'sql' then 'safe' else 'unsafe' end, 'select ' || in_query);
    execute format('comment on function dbml_scorer.%I(%s) is %L', scorer, attached.relation,
      format('Scores a row of %s with %s@%s, engine %s.', attached.relation, deployed.model, deployed.version, deployed.engine));
    execute format('grant execute on function dbml_scorer.%I(%s) to dbml_analyst', scorer, attached.relation);

    estimates := estimates or deployed.engine = 'python';
    if deployed.in_batches then
      -- array_agg over arrays refuses empty ones.
      prime := prime || format(
        E'  perform dbml._prime(%L, %L, %s, %s) from unnest(batch) c;\n',
        deployed.fingerprint, deployed.engine,
        case when inputs.numbers = '{}' then '''{}''' else format('array_agg(array[%s])', array_to_string(inputs.numbers, ', ')) end,
        case when inputs.texts = '{}' then '''{}''' else format('array_agg(array[%s])', array_to_string(inputs.texts, ', ')) end);
    end if;

    -- The counters first: most often one of them has moved, and then nothing else need be looked at.
    select coalesce(string_agg(differs, ' or ') filter (where counts), 'false'), string_agg(differs, ' or ') filter (where not counts)
      into moved, changed
      from (select distinct format('new.%1$I is distinct from old.%1$I', u) as differs,
                   exists (select from dbml.event e where e.profile = attached.id and e.counters ? u) as counts
              -- Under another key, a row that cannot be scored has to be queued under that.
              from unnest(inputs.columns || attached.key
                          || array_remove(array[prediction.column_name, prediction.version_column, prediction.scored_at_column], null)) u) c;
    score := case deployed.engine
        when 'sql' then dbml._filled(deployed.expression, inputs_of_new.numbers, inputs_of_new.texts)
        when 'portable' then format('dbml._run_portable(%L, %s)',
          deployed.fingerprint, dbml._arrays(inputs_of_new.numbers, inputs_of_new.texts))
        else format('dbml._score_in_bulk(%L, %s, %s, pg_trigger_depth(), statement_timestamp(), %s)',
          deployed.fingerprint, dbml._arrays(inputs_of_new.numbers, inputs_of_new.texts), attached.id, entity)
      end;
    if deployed.engine = 'python' then
      -- NULL: it waits for the end of the statement, and keeps what it has until then.
      score := format($body$
      declare
        dbml_answer float8 := %2$s;
      begin
        if dbml_answer is null then
          exit dbml_prediction;
        end if;
        new.%1$I := dbml_answer;
      end;$body$, prediction.column_name, score);
    else
      score := format(E'\n      new.%1$I := %2$s;', prediction.column_name, score);
    end if;
    if deployed.engine = 'sql' then
      -- Apart, because every transaction prepares what it runs: few rows need it.
      score := score || format($body$
      if new.%1$I is null then
        new.%1$I := %2$s;
      end if;$body$, prediction.column_name, dbml._careful_call(deployed, inputs_of_new.numbers, inputs_of_new.texts));
    end if;
    on_failure := format($body$
    exception when others then
      perform dbml._refuse_row(%L, %s, %L, sqlstate, sqlerrm);$body$, prediction.model, deployed.version, deployed.engine);
    if prediction.on_error <> 'raise' then
      -- While a dump is restored, the model may come after the row: then the dump's own score stands.
      select string_agg(format(case prediction.on_error when 'keep' then $body$
      if tg_op = 'UPDATE' then new.%1$I := old.%1$I;
      elsif exists (select from dbml.profile p where p.id = %2$s) then new.%1$I := null;
      end if;$body$ else $body$
      new.%1$I := null;$body$ end, u, attached.id), '')
        into on_failure
        from unnest(array_remove(array[prediction.column_name, prediction.version_column, prediction.scored_at_column], null)) u;
      on_failure := format($body$
    exception when others then%s
      if not (%s) then
        perform dbml._record_failure(%s, %L, %s, %s, sqlstate, sqlerrm);
      end if;
      exit dbml_prediction;$body$, on_failure, of_another, attached.id, prediction.model, deployed.version, entity);
    end if;
    predictions := predictions || format($body$
  <<dbml_prediction>>
  begin
    begin
      -- A session that was open when a column changed its type fails here already.
      if not (%1$s) then
        if tg_op = 'UPDATE' and not (%2$s) then
          exit dbml_prediction;
        end if;
      end if;%3$s%4$s
    end;%5$s%6$s
    -- Where no row has failed, the table need not be asked.
    if pg_sequence_last_value('dbml.failures'::regclass) is not null then
      if exists (select from dbml.failure f where f.profile = %7$s and f.model = %8$L and f.entity = %9$s) then
        if not (%10$s) then
          delete from dbml.failure f where f.profile = %7$s and f.model = %8$L and f.entity = %9$s;
        end if;
      end if;
    end if;
  end dbml_prediction;$body$,
      moved, changed, score, on_failure,
      coalesce(E'\n    new.' || quote_ident(prediction.version_column) || format(' := %s;', deployed.version), ''),
      coalesce(E'\n    new.' || quote_ident(prediction.scored_at_column) || ' := now();', ''),
      attached.id, prediction.model, entity, of_another);
  end loop;

  execute format(
    'create or replace function dbml_scorer.%I() returns trigger language plpgsql security definer '
    'set search_path = pg_catalog, pg_temp as %L',
    format('profile_%s_score', attached.id),
    format($body$
begin%s%s%s%s
  return new;
end$body$, counters, generated, predictions, dbml._bind_checks(attached)));
  execute format(
    'create or replace function dbml_scorer.%I(batch %s[]) returns void language plpgsql stable security definer '
    'set search_path = pg_catalog, pg_temp as %L',
    format('profile_%s_prime', attached.id), attached.relation,
    -- Only to be quick: a row that cannot be scored, or whose features cannot be computed, is told of by its own call.
    E'begin\n' || prime || E'  return;\nexception when others then\n  return;\nend');
  -- The rows that lie behind a row are found by their place in the table, never by reading it from its start.
  execute format(
    'create or replace function dbml_scorer.%I(entity text[]) returns void language plpgsql stable security definer '
    'set search_path = pg_catalog, pg_temp set enable_seqscan = off as %L',
    format('profile_%s_read_ahead', attached.id),
    format(E'begin\n  perform dbml_scorer.%I(array_agg(b.dbml_row))\n'
           '    from (select dbml_row from %s dbml_row where dbml_row.ctid >= (select q.ctid from %s q where %s limit 1) limit 4096) b;\nend',
      format('profile_%s_prime', attached.id), attached.relation, attached.relation,
      (select string_agg(format('q.%I = entity[%s]::%s', k, i, format_type(a.atttypid, a.atttypmod)), ' and ')
         from unnest(attached.key) with ordinality u(k, i)
         join pg_attribute a on a.attrelid = attached.relation and a.attname = k)));
  execute format(
    'create or replace function dbml_scorer.%I() returns boolean language sql stable parallel safe as %L',
    format('profile_%s_primes', attached.id), format('select %L::boolean', estimates));
  perform dbml._bind_finish(attached.id);
  perform dbml._mark_parallel(attached.id);
end
$$;
comment on function dbml._bind(integer) is
  'Regenerates the scoring functions of a profile from its predictions and the versions deployed now.';

-- The planner decides by the outermost function's label, before it is inlined.
create or replace function dbml._mark_parallel(profile integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  score regprocedure := (select to_regprocedure(format('dbml.score(text, %s)', p.relation))
                           from dbml.profile p where p.id = _mark_parallel.profile);
  label "char";
begin
  select case when bool_and(coalesce((dbml._deployed(r.model)).engine, 'sql') = 'sql') then 's' else 'u' end into label
    from dbml.prediction r where r.profile = _mark_parallel.profile;
  if label is distinct from (select f.proparallel from pg_proc f where f.oid = score) and score is not null then
    execute format('alter function %s parallel %s', score, case label when 's' then 'safe' else 'unsafe' end);
  end if;
end
$$;
comment on function dbml._mark_parallel(integer) is
  'Lets queries that score a profile run in parallel where only the engine sql serves it.';
