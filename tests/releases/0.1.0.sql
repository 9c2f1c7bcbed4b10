SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA dbml;


ALTER SCHEMA dbml OWNER TO dbml_owner;

COMMENT ON SCHEMA dbml IS 'dbml: models, deployments and what is attached';


CREATE SCHEMA dbml_scorer;


ALTER SCHEMA dbml_scorer OWNER TO dbml_owner;

COMMENT ON SCHEMA dbml_scorer IS 'dbml: generated functions; never edit by hand';


CREATE EXTENSION IF NOT EXISTS plpython3u WITH SCHEMA pg_catalog;


COMMENT ON EXTENSION plpython3u IS 'PL/Python3U untrusted procedural language';


CREATE TYPE dbml.scorer AS (
	model text,
	version integer,
	engine text,
	fingerprint text,
	signature jsonb,
	expression text[],
	in_batches boolean
);


ALTER TYPE dbml.scorer OWNER TO dbml_owner;

CREATE FUNCTION dbml._add_signature(model text, version integer, public_key text, signature bytea) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into dbml.version_signature (model, version, public_key, signature)
  values (_add_signature.model, _add_signature.version, _add_signature.public_key, _add_signature.signature)
  on conflict do nothing
  returning public_key
$$;


ALTER FUNCTION dbml._add_signature(model text, version integer, public_key text, signature bytea) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._add_signature(model text, version integer, public_key text, signature bytea) IS 'Stores a signature of a version; NULL where that key had signed it before.';


CREATE FUNCTION dbml._add_version(model text, version integer, engine text, fingerprint text, sha256 text, signature jsonb, golden jsonb, libraries jsonb, training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[], parity jsonb, cost jsonb, metrics jsonb, git_revision text, note text, migrated boolean, kind text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  limits record;
  rows_of_it bigint := coalesce(pg_column_size(signature), 0) + coalesce(pg_column_size(golden), 0);
  texts integer;
  latest integer;
  other record;
  written json;
begin
  if model !~ '^[a-z_][a-z0-9_]{0,39}$' or engine not in ('sql', 'portable', 'python') then
    raise exception '% is no name for a model, or % for an engine', quote_literal(left(model, 80)), quote_literal(left(engine, 80))
      using errcode = 'DB003', hint = 'Use at most 40 lower-case letters, digits and underscores; engines are sql, portable and python.';
  end if;
  select * into limits from dbml._limits();
  if octet_length(artifact) > limits.artifact then
    raise exception 'the artifact of %@% has % bytes, more than the % that this database stores', model, version,
      octet_length(artifact), limits.artifact
      using errcode = 'DB017', hint = 'Fit a smaller model, or let an administrator raise it: dbml install --artifact-limit MB';
  end if;
  if octet_length(plan) + coalesce(octet_length(array_to_string(expression || careful_expression, '')), 0) > limits.plan
     or rows_of_it > limits.plan then
    raise exception 'the plan or the rows of %@% have more than the % bytes that this database stores', model, version, limits.plan
      using errcode = 'DB017', hint = 'Fit a smaller model, or let an administrator raise it: dbml install --artifact-limit MB';
  end if;
  begin
    written := plan::json;
    texts := (select count(*) from jsonb_array_elements(signature -> 'features') f where f ->> 'kind' = 'text');
    if written is not null and not coalesce(
         written ->> 'texts' = texts::text
         and written ->> 'numbers' = (jsonb_array_length(signature -> 'features') - texts)::text, false) then
      raise exception 'the plan of %@% does not take the features of its signature', model, version using errcode = 'DB003';
    end if;
  exception when data_exception or statement_too_complex then
    raise exception 'the plan or the signature of %@% is not what dbml writes', model, version using errcode = 'DB003';
  end;
  if encode(pg_catalog.sha256(artifact), 'hex') is distinct from sha256 then
    raise exception 'the artifact of %@% is not the one that its sha256 says', model, version using errcode = 'DB003';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('dbml.model ' || model, 0));
  select coalesce(max(v.version), 0) into latest from dbml.model_version v where v.model = _add_version.model;
  if version is distinct from latest + 1 then
    raise exception 'the next version of % is %, not %', model, latest + 1, version
      using errcode = 'DB006', hint = 'Versions are numbered in the order in which they are added.';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('dbml.fingerprint ' || fingerprint, 0));
  select v.model, v.version into other
    from dbml.model_version v
   where v.fingerprint = _add_version.fingerprint
     and (v.sha256, v.signature, v.plan::text) is distinct from
         (_add_version.sha256, _add_version.signature, written::text)
   limit 1;
  if other.model is not null then
    raise exception 'the fingerprint of %@% is that of %@%, which is another model', model, version, other.model, other.version
      using errcode = 'DB006', hint = 'dbml model add makes it from the file, the signature and the plan.';
  end if;
  insert into dbml.model_version
         (model, version, engine, fingerprint, sha256, signature, golden, libraries, training_summary, artifact,
          plan, expression, careful_expression, parity, cost, metrics, git_revision, note, migrated, kind)
  values (_add_version.model, _add_version.version, _add_version.engine, _add_version.fingerprint, _add_version.sha256,
          _add_version.signature, _add_version.golden, _add_version.libraries, _add_version.training_summary,
          _add_version.artifact, written, _add_version.expression, _add_version.careful_expression, _add_version.parity,
          _add_version.cost, _add_version.metrics, _add_version.git_revision, _add_version.note, _add_version.migrated, _add_version.kind);
end
$_$;


ALTER FUNCTION dbml._add_version(model text, version integer, engine text, fingerprint text, sha256 text, signature jsonb, golden jsonb, libraries jsonb, training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[], parity jsonb, cost jsonb, metrics jsonb, git_revision text, note text, migrated boolean, kind text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._add_version(model text, version integer, engine text, fingerprint text, sha256 text, signature jsonb, golden jsonb, libraries jsonb, training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[], parity jsonb, cost jsonb, metrics jsonb, git_revision text, note text, migrated boolean, kind text) IS 'Stores a version of a model, checked as far as the server can check it without loading anything.';


CREATE FUNCTION dbml._answers(scorer dbml.scorer, OUT place integer, OUT expected double precision, OUT answer double precision, OUT reason text) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  golden record;
  places integer[];
  answers float8[];
begin
  -- What the estimator scores, in one query; where that fails, one by one, as what it refuses.
  begin
    execute format(
      'select array_agg(g.place), array_agg(%s) from dbml._golden_rows($1, $2) g where g.score is not null',
      dbml._scorer_call(scorer,
        array(select format('g.numbers[%s]', i) from generate_series(1, jsonb_array_length(scorer.signature -> 'features')) i),
        array(select format('g.texts[%s]', i) from generate_series(1, jsonb_array_length(scorer.signature -> 'features')) i)))
      into places, answers using scorer.model, scorer.version;
  exception when others then
    places := '{}';
  end;
  for golden in
    select g.*, u.answer
      from dbml._golden_rows(scorer.model, scorer.version) g
      left join unnest(places, answers) u(place, answer) using (place)
     order by g.place
  loop
    place := golden.place;
    expected := golden.score;
    answer := golden.answer;
    reason := null;
    if answer is null then
      begin
        answer := dbml._score_arrays(scorer, golden.numbers, golden.texts);
      exception when others then
        reason := sqlerrm;
      end;
    end if;
    return next;
  end loop;
end
$_$;


ALTER FUNCTION dbml._answers(scorer dbml.scorer, OUT place integer, OUT expected double precision, OUT answer double precision, OUT reason text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._answers(scorer dbml.scorer, OUT place integer, OUT expected double precision, OUT answer double precision, OUT reason text) IS 'What a version answers for each of its golden and hurtful rows, beside what the estimator answered; NULL is a refusal.';


CREATE FUNCTION dbml._arrays(numbers text[], texts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('array[%s]::float8[], array[%s]::text[]', array_to_string(numbers, ', '), array_to_string(texts, ', '))
$$;


ALTER FUNCTION dbml._arrays(numbers text[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._arrays(numbers text[], texts text[]) IS 'Expressions of numbers and texts as the two arrays that scorers take.';


CREATE FUNCTION dbml._bind(profile integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
$_$;


ALTER FUNCTION dbml._bind(profile integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._bind(profile integer) IS 'Regenerates the scoring functions of a profile from its predictions and the versions deployed now.';


SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE dbml.profile (
    id integer NOT NULL,
    relation regclass NOT NULL,
    key text[] NOT NULL,
    spec jsonb NOT NULL,
    attached_at timestamp with time zone DEFAULT now() NOT NULL,
    attached_by text DEFAULT SESSION_USER NOT NULL,
    complete boolean DEFAULT true NOT NULL,
    backfilled text[]
);


ALTER TABLE dbml.profile OWNER TO dbml_owner;

COMMENT ON TABLE dbml.profile IS 'A table that carries features and predictions, one row per entity.';


CREATE FUNCTION dbml._bind_checks(attached dbml.profile) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select E'\n  begin' || string_agg(format($body$
    if (select %s from (select new.*) as generated_from) is false
       and exists (select from pg_constraint k where k.conrelid = tg_relid and k.conname = %L) then
      raise exception %L using errcode = 'check_violation', schema = %L, table = %L, constraint = %L;
    end if;$body$,
           pg_get_expr(k.conbin, k.conrelid),
           k.conname,
           replace(format('new row for relation "%s" violates check constraint "%s"', c.relname, k.conname), '%', '%%'),
           n.nspname, c.relname, k.conname), '' order by k.conname) || $body$
  exception when datatype_mismatch then
    null;
  end;$body$
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace
   where k.conrelid = attached.relation
     and k.contype = 'c'
     and exists (
           select from pg_attribute a
            where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
              and (a.attgenerated <> ''
                   or exists (select from dbml.event e where e.profile = attached.id and e.counters ? a.attname)
                   or exists (select from dbml.prediction r where r.profile = attached.id
                               and a.attname in (r.column_name, r.version_column, r.scored_at_column))))
$_$;


ALTER FUNCTION dbml._bind_checks(attached dbml.profile) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._bind_checks(attached dbml.profile) IS 'Part of a profile''s trigger: the CHECK constraints on the columns that dbml writes; NULL where there is none.';


CREATE FUNCTION dbml._bind_finish(profile integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  attached dbml.profile;
  waits boolean;
  matches text;
  touches text;
begin
  select * into strict attached from dbml.profile p where p.id = _bind_finish.profile;
  select coalesce(bool_or((dbml._deployed(r.model)).engine = 'python'), false),
         -- Changing the score is what makes the row's trigger compute it anew.
         string_agg(format('%1$I = case when p.%1$I is null then ''NaN''::float8 end', r.column_name), ', ')
    into waits, touches
    from dbml.prediction r where r.profile = attached.id;
  select string_agg(format('p.%I = (e.entity ->> %s)::%s', k, i - 1, format_type(a.atttypid, a.atttypmod)), ' and ')
    into matches
    from unnest(attached.key) with ordinality u(k, i)
    join pg_attribute a on a.attrelid = attached.relation and a.attname = k;
  execute format(
    'create or replace function dbml_scorer.%I() returns trigger language plpgsql %s as %L',
    format('profile_%s_finish', attached.id),
    -- To run as somebody else in another search path costs more than to do nothing.
    case when waits then 'security definer set search_path = pg_catalog, pg_temp' else 'security invoker' end,
    case when waits then format(
      E'declare\n'
       '  dbml_waiting json := dbml._waiting(%1$s, pg_trigger_depth(), statement_timestamp())::json;\n'
       '  dbml_batch json[];\n'
       'begin\n'
       '  for dbml_batch in\n'
       '    select array_agg(w.entity) from json_array_elements(dbml_waiting) with ordinality w(entity, i) group by w.i / 4096\n'
       '  loop\n'
       '    perform dbml_scorer.%2$I(array_agg(p)) from %3$s p join unnest(dbml_batch) e(entity) on %4$s;\n'
       '    update %3$s p set %5$s from unnest(dbml_batch) e(entity) where %4$s;\n'
       '  end loop;\n'
       '  return null;\n'
       'end',
      attached.id, format('profile_%s_prime', attached.id), attached.relation, matches, touches)
    -- NEW is null here, and takes no expression to return.
    else E'begin\n  return new;\nend' end);
end
$_$;


ALTER FUNCTION dbml._bind_finish(profile integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._bind_finish(profile integer) IS 'Regenerates what happens at the end of a statement on a profile.';


CREATE FUNCTION dbml._careful_call(version dbml.scorer, numbers text[], texts text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('%s(%s)', dbml._careful_scorer(version.model, version.version), dbml._arrays(numbers, texts))
$$;


ALTER FUNCTION dbml._careful_call(version dbml.scorer, numbers text[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._careful_call(version dbml.scorer, numbers text[], texts text[]) IS 'The SQL expression by which the engine sql scores the rows that plain arithmetic cannot.';


CREATE FUNCTION dbml._careful_scorer(model text, version integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('dbml_scorer.%I', format('version_%s_%s', model, version))
$$;


ALTER FUNCTION dbml._careful_scorer(model text, version integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._careful_scorer(model text, version integer) IS 'Name of the function that scores every row of a version, IEEE arithmetic and all.';


CREATE FUNCTION dbml._check_signature(model text, version integer, engine text) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  -- Nothing of the engines sql and portable is code: they need no signature, but one that is there must be right.
  if engine <> 'python' and not exists (
       select from dbml.version_signature s where s.model = _check_signature.model and s.version = _check_signature.version) then
    return;
  end if;
  -- Without PL/Python there is no engine python, and nothing that knows Ed25519.
  if to_regprocedure('dbml._verify_signature(text, integer)') is not null then
    begin
      execute 'select dbml._verify_signature($1, $2)' using model, version;
    exception when sqlstate 'DB001' then
      -- This server's Python cannot check it: too old, or without the package. The other engines do without.
      if engine = 'python' then
        raise;
      end if;
    end;
  end if;
end
$_$;


ALTER FUNCTION dbml._check_signature(model text, version integer, engine text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._check_signature(model text, version integer, engine text) IS 'Refuses a version with the engine python that no trusted key has signed, and any version whose signatures do not count.';


CREATE FUNCTION dbml._check_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  texts integer := (select count(*) from jsonb_array_elements(new.signature -> 'features') f where f ->> 'kind' = 'text');
  numbers integer := jsonb_array_length(new.signature -> 'features') - texts;
begin
  if new.expression is not null then
    new.expression := dbml._checked_expression(new.expression, numbers, texts);
    new.careful_expression := dbml._checked_expression(new.careful_expression, numbers, texts);
  end if;
  return new;
end
$$;


ALTER FUNCTION dbml._check_version() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._check_version() IS 'Lets no expression into the table that could do more than compute a score.';


CREATE FUNCTION dbml._checked_expression(parts text[], numbers integer, texts integer) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  -- The longest alternative wins. Backslashes may stand in E'…' alone, doubled: so a session's
  -- standard_conforming_strings changes nothing.
  tokens constant text := $re$\s+|'(?:[^'\\]|'')*'|E'(?:[^'\\]|''|\\\\)*'|[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|[-+*/<>=~!@#%^&|`?:]+|::(?:float8|float4|text|integer)(?:\[\])?|(?:\w+|"(?:[^"]|"")*")(?:\.(?:\w+|"(?:[^"]|"")*"))*\(?|.$re$;
  allowed constant text := '^(?:case|when|then|else|end|and|or|not|in|is|null|true|false|collate|array'
    '|(?:abs|array_position|ceil|coalesce|exp|floor|greatest|least|ln|log|power|round|sign|sqrt|tanh|width_bucket|dbml\._ieee_[a-z0-9_]+|dbml\._refuse|dbml\._unbounded)\(' || ')$';
  part text;
  token text;
  before text;
  open text := '';
  place integer := 0;
begin
  if array_ndims(parts) <> 1 or cardinality(parts) % 2 <> 1 or array_position(parts, null) is not null then
    raise exception 'the expression is no list of SQL and inputs' using errcode = 'DB015';
  end if;
  foreach part in array parts loop
    place := place + 1;
    if place % 2 = 0 then
      if part !~ '^[nrt](0|[1-9][0-9]{0,5})$'
         or substr(part, 2)::integer >= coalesce(case left(part, 1) when 't' then texts else numbers end, 0) then
        raise exception 'the expression takes an input that there is not: %', left(part, 40) using errcode = 'DB015';
      end if;
      continue;
    end if;
    if place > 1 and part !~ '^\)' or place < cardinality(parts) and part !~ '\($' then
      raise exception 'an input of the expression does not stand in parentheses' using errcode = 'DB015';
    end if;
    for token in select m[1] from regexp_matches(part, '(' || tokens || ')', 'g') m loop
      if token in ('(', '[') or token ~ '\($' then
        open := open || case right(token, 1) when '(' then ')' else ']' end;
      elsif token in (')', ']') then
        if right(open, 1) is distinct from token then
          raise exception 'the expression''s parentheses do not match' using errcode = 'DB015';
        end if;
        open := left(open, -1);
      elsif token = ',' and open = '' then
        raise exception 'the expression is more than one' using errcode = 'DB015';
      end if;
      continue when token ~ '^\s+$';
      continue when token = '"C"' and before = 'collate';
      before := token;
      continue when token ~ '^(?:E?''.*''|[0-9].*|[()\[\],])$';
      continue when token in ('+', '-', '*', '/', '<', '<=', '>', '>=', '=', '<>');
      continue when token ~ '^::' and token ~ '^::(float8|float4|text|integer)(\[\])?$';
      continue when token ~ allowed;
      raise exception 'the expression holds what no score needs: %', left(token, 40) using errcode = 'DB015';
    end loop;
  end loop;
  if open <> '' then
    raise exception 'the expression''s parentheses do not match' using errcode = 'DB015';
  end if;
  return parts;
end
$_$;


ALTER FUNCTION dbml._checked_expression(parts text[], numbers integer, texts integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._checked_expression(parts text[], numbers integer, texts integer) IS 'The parts of a version''s SQL expression, refused where they hold anything but arithmetic.';


CREATE FUNCTION dbml._compile(fingerprint text) RETURNS void
    LANGUAGE plpython3u SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.compiled", fromlist=["store"]).store
SD["run"](plpy, fingerprint)
$$;


ALTER FUNCTION dbml._compile(fingerprint text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._compile(fingerprint text) IS 'Compiles a stored plan for this server''s Python and keeps the code.';


CREATE FUNCTION dbml._compile_all() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  fingerprint text;
begin
  delete from dbml.bytecode;
  perform dbml._compile_runtime();
  for fingerprint in
    select distinct v.fingerprint
      from dbml.deployment d
      join dbml.model_version v using (model, version)
     where v.engine = 'portable'
  loop
    perform dbml._compile(fingerprint);
  end loop;
end
$$;


ALTER FUNCTION dbml._compile_all() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._compile_all() IS 'Compiles the runtime and every version ever deployed on the engine portable anew.';


CREATE FUNCTION dbml._compile_runtime() RETURNS void
    LANGUAGE plpython3u SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
plpy.execute("select dbml._load_runtime()")
__import__("dbml_runtime_fa93be1c20db50d5.compiled", fromlist=["store_runtime"]).store_runtime(plpy)
$$;


ALTER FUNCTION dbml._compile_runtime() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._compile_runtime() IS 'Compiles what a score needs of the runtime for this server''s Python and keeps the code.';


CREATE FUNCTION dbml._deployed(model text) RETURNS dbml.scorer
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select dbml._scorer(d.model, d.version) from dbml.deployment d where d.model = _deployed.model order by d.id desc limit 1
$$;


ALTER FUNCTION dbml._deployed(model text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._deployed(model text) IS 'The version of a model that serves now; NULL before its first deployment.';


CREATE TABLE dbml.prediction (
    profile integer NOT NULL,
    model text NOT NULL,
    column_name text NOT NULL,
    version_column text,
    scored_at_column text,
    on_error text NOT NULL,
    features jsonb NOT NULL,
    CONSTRAINT prediction_on_error_check CHECK ((on_error = ANY (ARRAY['keep'::text, 'null'::text, 'raise'::text])))
);


ALTER TABLE dbml.prediction OWNER TO dbml_owner;

COMMENT ON TABLE dbml.prediction IS 'A profile column that a model keeps; features maps a feature to its SQL expression.';


CREATE FUNCTION dbml._feature_inputs(prediction dbml.prediction, version dbml.scorer, row_name text, OUT numbers text[], OUT texts text[], OUT columns text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  relation regclass := (select p.relation from dbml.profile p where p.id = prediction.profile);
  feature record;
  base regtype;
  category "char";
  used text[];
  input text;
  nothing record;
begin
  numbers := '{}';
  texts := '{}';
  columns := '{}';
  for feature in
    select f.value ->> 'name' as name, f.value ->> 'kind' as kind, f.ordinality as position,
           prediction.features ->> (f.value ->> 'name') as expression
      from jsonb_array_elements(version.signature -> 'features') with ordinality f
     order by f.ordinality
  loop
    if feature.expression is null then
      select case t.typtype when 'd' then t.typbasetype else t.oid end, array[a.attname::text]
        into base, used
        from pg_attribute a
        join pg_type t on t.oid = a.atttypid
       where a.attrelid = relation and a.attname = feature.name and a.attnum > 0 and not a.attisdropped;
      if base is null then
        raise exception 'feature % of %@% is no column of %',
          quote_ident(feature.name), version.model, version.version, relation
          using errcode = 'DB009',
                hint = 'Add the column, or say under [prediction.features] which expression gives it.';
      end if;
      select t.typcategory into category from pg_type t where t.oid = base;
      if (feature.kind = 'text') <> (category in ('S', 'E'))
         or feature.kind <> 'text' and category not in ('N', 'B') then
        raise exception 'feature % of %@% is %, column % of % is %',
          quote_ident(feature.name), version.model, version.version,
          case feature.kind when 'text' then 'text' else 'a number' end,
          quote_ident(feature.name), relation, format_type(base, null)
          using errcode = 'DB009',
                hint = 'Say under [prediction.features] which expression gives it, with a cast.';
      end if;
      input := format('%s.%I', row_name, feature.name) || case when category = 'B' then '::int' else '' end;
    else
      select array_agg(a.attname::text order by a.attnum) into used
        from pg_attribute a
       where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
         and position(lower(a.attname) in lower(feature.expression)) > 0;
      -- A loop takes one query only, so that what is no expression ends here; it is not evaluated.
      for nothing in execute format(E'select (%s\n) from %s limit 0', feature.expression, relation) loop
      end loop;
      execute format(
        'create or replace function dbml_scorer.%I(%s) returns %s language sql stable parallel safe return %s',
        format('profile_%s_%s_feature_%s', prediction.profile, prediction.model, feature.position),
        (select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
           from pg_attribute a where a.attrelid = relation and a.attname = any (used) and not a.attisdropped),
        case feature.kind when 'text' then 'text' when 'boolean' then 'integer' else 'float8' end,
        format(case feature.kind when 'text' then E'(%s\n)::text' when 'boolean' then E'(%s\n)::boolean::integer'
               else E'(%s\n)::float8' end, feature.expression));
      -- Inlined into the query of who scores, it runs with his rights.
      execute format('grant execute on function dbml_scorer.%I to dbml_analyst',
        format('profile_%s_%s_feature_%s', prediction.profile, prediction.model, feature.position));
      input := format('dbml_scorer.%I(%s)',
        format('profile_%s_%s_feature_%s', prediction.profile, prediction.model, feature.position),
        (select string_agg(format('%s.%I', row_name, u), ', ') from unnest(used) u));
    end if;
    columns := columns || used;
    if feature.kind = 'text' then
      texts := texts || (input || '::text');
    else
      numbers := numbers || (input || '::float8');
    end if;
  end loop;
end
$$;


ALTER FUNCTION dbml._feature_inputs(prediction dbml.prediction, version dbml.scorer, row_name text, OUT numbers text[], OUT texts text[], OUT columns text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._feature_inputs(prediction dbml.prediction, version dbml.scorer, row_name text, OUT numbers text[], OUT texts text[], OUT columns text[]) IS 'SQL by which a prediction reads its features from a profile row.';


CREATE FUNCTION dbml._filled(expression text[], numbers text[], texts text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select string_agg(
           case
             when i % 2 = 1 then part
             when part like 'n%' then numbers[substr(part, 2)::integer + 1]
             when part like 'r%' then regexp_replace(numbers[substr(part, 2)::integer + 1], '::float8$', '')
             else texts[substr(part, 2)::integer + 1]
           end, '' order by i)
    from unnest(expression) with ordinality u(part, i)
$_$;


ALTER FUNCTION dbml._filled(expression text[], numbers text[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._filled(expression text[], numbers text[], texts text[]) IS 'An expression of the engine sql with its inputs put in.';


CREATE FUNCTION dbml._follow_windows(profile integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  event integer;
  moved bigint;
  total bigint := 0;
begin
  for event in
    select e.position
      from dbml.event e
     where e.profile = _follow_windows.profile
       and exists (select from jsonb_each(e.counters) c where c.value ->> 'over' is not null)
     order by e.position
  loop
    execute format('select dbml_scorer.%I()', format('profile_%s_follow_%s', profile, event)) into moved;
    total := total + moved;
  end loop;
  return total;
end
$$;


ALTER FUNCTION dbml._follow_windows(profile integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._follow_windows(profile integer) IS 'Moves the counters of one profile whose window has changed with time.';


CREATE FUNCTION dbml._forget_failures() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Nobody is recording a failure now, and whoever comes next calls the sequence after this.
  lock table dbml.failure in exclusive mode nowait;
  if not exists (select from dbml.failure) then
    perform setval('dbml.failures', 1, false);
  end if;
exception when lock_not_available then
  return;
end
$$;


ALTER FUNCTION dbml._forget_failures() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._forget_failures() IS 'Lets triggers look for failures no longer, where none is left.';


CREATE FUNCTION dbml._golden_rows(model text, version integer, OUT place integer, OUT numbers double precision[], OUT texts text[], OUT score double precision, OUT hurtful boolean) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with version as materialized (
    select array(select f ->> 'kind' = 'text' from jsonb_array_elements(v.signature -> 'features') f) as is_text,
           jsonb_array_length(v.golden -> 'rows') as golden,
           (v.golden -> 'rows') || coalesce(v.golden -> 'hurtful_rows', '[]') as rows,
           (v.golden -> 'scores') || coalesce(v.golden -> 'hurtful_scores', '[]') as scores
      from dbml.model_version v
     where v.model = _golden_rows.model and v.version = _golden_rows.version
  )
  select r.i::integer - 1,
         array(select case e.item when 'true' then 1 when 'false' then 0 else e.item::float8 end
                 from jsonb_array_elements_text(r.item) with ordinality e(item, i)
                where not is_text[e.i]
                order by e.i),
         array(select e.item
                 from jsonb_array_elements_text(r.item) with ordinality e(item, i)
                where is_text[e.i]
                order by e.i),
         s.score::float8,
         r.i > golden
    from version
   cross join lateral jsonb_array_elements(rows) with ordinality r(item, i)
    join lateral jsonb_array_elements_text(scores) with ordinality s(score, i) on s.i = r.i
   order by r.i
$$;


ALTER FUNCTION dbml._golden_rows(model text, version integer, OUT place integer, OUT numbers double precision[], OUT texts text[], OUT score double precision, OUT hurtful boolean) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._golden_rows(model text, version integer, OUT place integer, OUT numbers double precision[], OUT texts text[], OUT score double precision, OUT hurtful boolean) IS 'A version''s golden rows as scorers take them.';


CREATE FUNCTION dbml._ieee_add(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- Below 1e290 the smaller cannot carry even the greatest double over its last half step; halves of others are exact.
  if least(abs(a), abs(b)) < 1e290 or 'Infinity' in (abs(a), abs(b)) or 'NaN' in (a, b)
     or abs(a / 2 + b / 2) < 8.98846567431158e+307 then
    return a + b;
  end if;
  return case when a > 0 then 'Infinity' else '-Infinity' end;
end
$$;


ALTER FUNCTION dbml._ieee_add(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_add(a double precision, b double precision) IS 'a + b, infinite where it overflows.';


CREATE FUNCTION dbml._ieee_answer(x double precision, refusal text) RETURNS double precision
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if x is null or x in ('NaN', 'Infinity', '-Infinity') then
    return dbml._refuse(refusal);
  end if;
  return x;
end
$$;


ALTER FUNCTION dbml._ieee_answer(x double precision, refusal text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_answer(x double precision, refusal text) IS 'The score, refused where it is NaN or infinite.';


CREATE FUNCTION dbml._ieee_divide(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  x float8 := abs(a);
  y float8 := abs(b);
  negative boolean;
begin
  if x between 1e-150 and 1e150 and y between 1e-150 and 1e150 then
    return a / b;
  end if;
  if 'NaN' in (a, b) or x = 0 and y = 0 or x = 'Infinity' and y = 'Infinity' then
    return 'NaN';
  end if;
  negative := (a < 0) <> (b < 0 or b::text = '-0');
  if y = 0 or x = 'Infinity' then
    return case when negative then '-Infinity' else 'Infinity' end;
  elsif x = 0 or y = 'Infinity' then
    return case when negative then '-0' else '0' end;
  end if;
  -- Exact on both sides: the quotient is past the range from 2 to the 1024 on, and rounds to zero up to 2 to the -1075.
  if x >= 1e-150 and y < 1 then
    if x * 7.458340731200207e-155 >= y * 1.3407807929942597e+154 then
      return case when negative then '-Infinity' else 'Infinity' end;
    end if;
  elsif x < 1 and y > 1 then
    if x * 1.3407807929942597e+154 <= y * 3.312168642111238e-170 then
      return case when negative then '-0' else '0' end;
    end if;
  end if;
  return a / b;
end
$$;


ALTER FUNCTION dbml._ieee_divide(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_divide(a double precision, b double precision) IS 'a / b: x/0 is infinite and 0/0 is NaN.';


CREATE FUNCTION dbml._ieee_dot(terms double precision[], weights double precision[], intercept double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  products float8[] := '{}';
begin
  for i in 1 .. cardinality(terms) loop
    products[i] := case
      when abs(terms[i]) between 1e-140 and 1e140 and abs(weights[i]) between 1e-140 and 1e140 or weights[i] = 1
        then terms[i] * weights[i]
      else dbml._ieee_multiply(terms[i], weights[i])
    end;
  end loop;
  return dbml._ieee_sum(products || intercept);
end
$$;


ALTER FUNCTION dbml._ieee_dot(terms double precision[], weights double precision[], intercept double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_dot(terms double precision[], weights double precision[], intercept double precision) IS 'The sum of products, then the intercept.';


CREATE FUNCTION dbml._ieee_equal(a double precision, b double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return a = b and b <> 'NaN';
end
$$;


ALTER FUNCTION dbml._ieee_equal(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_equal(a double precision, b double precision) IS 'a = b; false for NaN.';


CREATE FUNCTION dbml._ieee_exp(x double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case
    when x = 'NaN' then x
    when x > 709.782712893384 then 'Infinity'
    when x < -746 then 0
    -- The C library reports a result that is only small as out of range.
    when x < -700 then dbml._ieee_multiply(exp(x + 100), exp('-100'::float8))
    else exp(x)
  end;
end
$$;


ALTER FUNCTION dbml._ieee_exp(x double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_exp(x double precision) IS 'exp(x), infinite or zero where it is past the range.';


CREATE FUNCTION dbml._ieee_finite(x double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return abs(x) < 'Infinity';
end
$$;


ALTER FUNCTION dbml._ieee_finite(x double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_finite(x double precision) IS 'Neither NaN nor infinite.';


CREATE FUNCTION dbml._ieee_function(name text, x double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  near float8;
begin
  if x = 'NaN' then
    return x;
  elsif abs(x) < 1e-100 and name in ('arcsin', 'arctan', 'expm1', 'log1p', 'sin', 'sinh', 'tan', 'tanh') then
    -- To the last digit; the C library may call the smallest arguments out of range.
    return x;
  elsif abs(x) = 'Infinity' and name in ('cos', 'sin', 'tan') or abs(x) > 1 and name in ('arccos', 'arcsin') then
    return 'NaN';
  elsif x < 0 and name in ('log', 'log2', 'log10', 'sqrt') or x < -1 and name = 'log1p' then
    return 'NaN';
  elsif x = 0 and name in ('log', 'log2', 'log10') or x = -1 and name = 'log1p' then
    return '-Infinity';
  elsif x = 'Infinity' and name in ('log', 'log2', 'log10', 'log1p', 'expm1') then
    return x;
  end if;
  case name
    when 'absolute' then return abs(x);
    when 'arccos' then return acos(x);
    when 'arcsin' then return asin(x);
    when 'arctan' then return atan(x);
    when 'cbrt' then return cbrt(x);
    when 'ceil' then return ceil(x);
    when 'cos' then return cos(x);
    when 'cosh' then return cosh(x);
    when 'exp' then return dbml._ieee_exp(x);
    when 'exp2' then return dbml._ieee_power(2, x);
    when 'expm1' then
      -- Kahan's: the rounding of exp(x) is taken back out.
      near := dbml._ieee_exp(x);
      return case
        when near = 1 then x
        when near = 'Infinity' then near
        when near - 1 = -1 then -1
        else (near - 1) * (x / ln(near))
      end;
    when 'floor' then return floor(x);
    when 'log' then return ln(x);
    when 'log10' then return log(x);
    when 'log1p' then
      near := 1 + x;
      return case when near = 1 then x else ln(near) * (x / (near - 1)) end;
    when 'log2' then
      near := ln(x) / ln(2::float8);
      -- Powers of two are exact, as numpy's.
      return case when dbml._ieee_power(2, round(near)) = x then round(near) else near end;
    when 'negative' then return -x;
    when 'reciprocal' then return dbml._ieee_divide(1, x);
    when 'rint' then return round(x);
    when 'sign' then return sign(x);
    when 'sin' then return sin(x);
    when 'sinh' then return sinh(x);
    when 'sqrt' then return sqrt(x);
    when 'square' then return dbml._ieee_multiply(x, x);
    when 'tan' then return tan(x);
    when 'tanh' then return tanh(x);
  end case;
end
$$;


ALTER FUNCTION dbml._ieee_function(name text, x double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_function(name text, x double precision) IS 'One of the elementwise functions of a plan, as numpy''s.';


CREATE FUNCTION dbml._ieee_interpolate(x double precision, places double precision[], worth double precision[]) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  last integer := cardinality(places);
  place integer;
  slope float8;
begin
  if x = 'NaN' then
    return x;
  elsif x >= places[last] then
    return worth[last];
  end if;
  place := width_bucket(x, places);
  if place < 1 then
    return worth[1];
  elsif x = places[place] then
    return worth[place];
  end if;
  slope := dbml._ieee_divide(dbml._ieee_subtract(worth[place + 1], worth[place]),
                             dbml._ieee_subtract(places[place + 1], places[place]));
  return dbml._ieee_add(dbml._ieee_multiply(slope, dbml._ieee_subtract(x, places[place])), worth[place]);
end
$$;


ALTER FUNCTION dbml._ieee_interpolate(x double precision, places double precision[], worth double precision[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_interpolate(x double precision, places double precision[], worth double precision[]) IS 'Between places along a straight line, as numpy.interp in its own order of operations.';


CREATE FUNCTION dbml._ieee_less(a double precision, b double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return a < b and b <> 'NaN';
end
$$;


ALTER FUNCTION dbml._ieee_less(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_less(a double precision, b double precision) IS 'a < b; false for NaN.';


CREATE FUNCTION dbml._ieee_less_equal(a double precision, b double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return a <= b and b <> 'NaN';
end
$$;


ALTER FUNCTION dbml._ieee_less_equal(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_less_equal(a double precision, b double precision) IS 'a <= b; false for NaN.';


CREATE FUNCTION dbml._ieee_maximum(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case when 'NaN' in (a, b) then 'NaN' else greatest(a, b) end;
end
$$;


ALTER FUNCTION dbml._ieee_maximum(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_maximum(a double precision, b double precision) IS 'The greater; NaN if either is.';


CREATE FUNCTION dbml._ieee_minimum(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case when 'NaN' in (a, b) then 'NaN' else least(a, b) end;
end
$$;


ALTER FUNCTION dbml._ieee_minimum(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_minimum(a double precision, b double precision) IS 'The smaller; NaN if either is.';


CREATE FUNCTION dbml._ieee_multiply(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- Powers of two scale exactly: 2 to the 512, and to the -512.
  up constant float8 := 1.3407807929942597e+154;
  down constant float8 := 7.458340731200207e-155;
  x float8 := abs(a);
  y float8 := abs(b);
  negative boolean;
begin
  if x between 1e-150 and 1e150 and y between 1e-150 and 1e150
     or 0 in (x, y) or greatest(x, y) >= 'Infinity' or (x >= 1) <> (y >= 1) then
    return a * b;
  end if;
  negative := (a < 0) <> (b < 0);
  if x >= 1 then
    if (x * down) * (y * down) >= 1 then
      return case when negative then '-Infinity' else 'Infinity' end;
    end if;
  -- Half of the smallest double rounds to zero; scaled, by 2 to the 1000 and to the 512, it is 2 to the 437.
  elsif (least(x, y) * 1.0715086071862673e+301) * (greatest(x, y) * up) <= 3.549017208474643e+131 then
    return case when negative then '-0' else '0' end;
  end if;
  return a * b;
end
$$;


ALTER FUNCTION dbml._ieee_multiply(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_multiply(a double precision, b double precision) IS 'a * b, infinite or zero where it is past the range.';


CREATE FUNCTION dbml._ieee_polynomial(x double precision, breaks double precision[], coefficients double precision[], width integer) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  place integer;
  total float8 := 0;
begin
  if x = 'NaN' then
    return x;
  end if;
  place := least(greatest(width_bucket(x, breaks), 1), cardinality(breaks) - 1);
  x := dbml._ieee_subtract(x, breaks[place]);
  for i in (place - 1) * width + 1 .. place * width loop
    total := dbml._ieee_add(dbml._ieee_multiply(total, x), coefficients[i]);
  end loop;
  return total;
end
$$;


ALTER FUNCTION dbml._ieee_polynomial(x double precision, breaks double precision[], coefficients double precision[], width integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_polynomial(x double precision, breaks double precision[], coefficients double precision[], width integer) IS 'A piecewise polynomial by Horner''s rule; the coefficients of all pieces in a row, width of them each.';


CREATE FUNCTION dbml._ieee_power(x double precision, exponent double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  size float8 := abs(x);
  whole boolean := exponent <> 'NaN' and exponent = floor(exponent);
  odd boolean := whole and abs(exponent) < 1e16 and exponent / 2 <> floor(exponent / 2);
  negative boolean := odd and (x < 0 or x::text = '-0');
  digits float8;
  half float8;
begin
  if exponent = 0 or x = 1 then
    return 1;
  elsif 'NaN' in (x, exponent) then
    return 'NaN';
  elsif abs(exponent) = 'Infinity' then
    return case when size = 1 then '1' when (size > 1) = (exponent > 0) then 'Infinity' else '0' end;
  elsif size in (0, 'Infinity') then
    return case when (size = 0) = (exponent > 0) then '0' when negative then '-Infinity' else 'Infinity' end;
  elsif x < 0 and not whole then
    return 'NaN';
  end if;
  -- The natural logarithm of the answer.
  digits := dbml._ieee_multiply(exponent, ln(size));
  if digits > 800 then
    return case when negative then '-Infinity' else 'Infinity' end;
  elsif digits < -800 then
    return 0;
  elsif abs(digits) > 700 then
    half := power(size, exponent / 2);
    return dbml._ieee_multiply(half, case when negative then -half else half end);
  end if;
  return power(x, exponent);
end
$$;


ALTER FUNCTION dbml._ieee_power(x double precision, exponent double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_power(x double precision, exponent double precision) IS 'x to the exponent: infinite, zero or NaN where PostgreSQL raises.';


CREATE FUNCTION dbml._ieee_round32(x double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case
    when x = 'NaN' then x
    when abs(x) >= 3.4028235677973366e+38 then sign(x) * 'Infinity'::float8
    -- Half of the smallest float32, which rounds to even.
    when abs(x) <= 7.006492321624085e-46 then 0
    else x::float4::float8
  end;
end
$$;


ALTER FUNCTION dbml._ieee_round32(x double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_round32(x double precision) IS 'The nearest float4; infinite past its range.';


CREATE FUNCTION dbml._ieee_sigmoid(x double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return case
    when x = 'NaN' then x
    when x > -700 then 1 / (1 + dbml._ieee_exp(-x))
    else dbml._ieee_exp(x)
  end;
end
$$;


ALTER FUNCTION dbml._ieee_sigmoid(x double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_sigmoid(x double precision) IS '1 / (1 + exp(-x)), without overflow.';


CREATE FUNCTION dbml._ieee_softmax(logits double precision[], place integer) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  -- NaN is the greatest of all.
  greatest_logit float8 := (select max(l) from unnest(logits) l);
  total float8 := 0;
begin
  if not dbml._ieee_finite(greatest_logit) then
    return 'NaN';
  end if;
  for i in 1 .. cardinality(logits) loop
    total := total + dbml._ieee_exp(dbml._ieee_subtract(logits[i], greatest_logit));
  end loop;
  return dbml._ieee_divide(dbml._ieee_exp(dbml._ieee_subtract(logits[place], greatest_logit)), total);
end
$$;


ALTER FUNCTION dbml._ieee_softmax(logits double precision[], place integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_softmax(logits double precision[], place integer) IS 'exp of one logit over the sum of all, without overflow; the place counts from 1.';


CREATE FUNCTION dbml._ieee_step(x double precision, edges double precision[], worth double precision[], on_left boolean, missing double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  low integer := 0;
  high integer := cardinality(edges);
  middle integer;
begin
  if x = 'NaN' then
    return missing;
  end if;
  -- How many edges are < x (on_left), or <= x.
  while low < high loop
    middle := (low + high) / 2;
    if edges[middle + 1] < x or not on_left and edges[middle + 1] = x then
      low := middle + 1;
    else
      high := middle;
    end if;
  end loop;
  return worth[low + 1];
end
$$;


ALTER FUNCTION dbml._ieee_step(x double precision, edges double precision[], worth double precision[], on_left boolean, missing double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_step(x double precision, edges double precision[], worth double precision[], on_left boolean, missing double precision) IS 'The value of the interval between edges in which x lies, as numpy.searchsorted finds it.';


CREATE FUNCTION dbml._ieee_subtract(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return dbml._ieee_add(a, -b);
end
$$;


ALTER FUNCTION dbml._ieee_subtract(a double precision, b double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_subtract(a double precision, b double precision) IS 'a - b, infinite where it overflows.';


CREATE FUNCTION dbml._ieee_sum(terms double precision[]) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  total float8 := coalesce(terms[1], 0);
begin
  for i in 2 .. cardinality(terms) loop
    -- Most sums need no care, and a call costs ten times as much.
    total := case when abs(total) < 1e290 and abs(terms[i]) < 1e290 then total + terms[i]
                  else dbml._ieee_add(total, terms[i]) end;
  end loop;
  return total;
end
$$;


ALTER FUNCTION dbml._ieee_sum(terms double precision[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_sum(terms double precision[]) IS 'The sum, from left to right.';


CREATE FUNCTION dbml._ieee_trees(features double precision[], roots integer[], feature integer[], threshold double precision[], on_left integer[], on_right integer[], missing_left integer[], set_node integer[], set_value double precision[], start double precision, exclusive boolean, single boolean) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  total float8 := start;
  root integer;
  node integer;
  x float8;
  to_left boolean;
begin
  foreach root in array roots loop
    node := root + 1;
    while feature[node] >= 0 loop
      x := features[feature[node] + 1];
      if x = 'NaN' then
        to_left := coalesce(missing_left[node], 0) = 1;
      elsif node - 1 = any(set_node) then
        to_left := exists (select from unnest(set_node, set_value) s (n, v) where s.n = node - 1 and s.v = x);
      else
        to_left := x < threshold[node] or not exclusive and x = threshold[node];
      end if;
      node := 1 + case when to_left then on_left[node] else on_right[node] end;
    end loop;
    total := dbml._ieee_add(total, threshold[node]);
    if single then
      total := dbml._ieee_round32(total);
    end if;
  end loop;
  return total;
end
$$;


ALTER FUNCTION dbml._ieee_trees(features double precision[], roots integer[], feature integer[], threshold double precision[], on_left integer[], on_right integer[], missing_left integer[], set_node integer[], set_value double precision[], start double precision, exclusive boolean, single boolean) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._ieee_trees(features double precision[], roots integer[], feature integer[], threshold double precision[], on_left integer[], on_right integer[], missing_left integer[], set_node integer[], set_value double precision[], start double precision, exclusive boolean, single boolean) IS 'Sum of the leaves that a row reaches; the arrays as a plan has them.';


CREATE FUNCTION dbml._limits(OUT artifact bigint, OUT unfolded bigint, OUT plan bigint) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select bytes, bytes * 4, bytes / 8
    from (select coalesce((select s.value::bigint from dbml.setting s where s.name = 'artifact_limit'), 512) * 1048576 as bytes) l
$$;


ALTER FUNCTION dbml._limits(OUT artifact bigint, OUT unfolded bigint, OUT plan bigint) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._limits(OUT artifact bigint, OUT unfolded bigint, OUT plan bigint) IS 'Bytes that an artifact may have, that it may unfold to when it is compressed, and that its plan and its rows may have.';


CREATE FUNCTION dbml._load_compiled() RETURNS void
    LANGUAGE plpython3u STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
import marshal, sys, types
if "dbml_runtime_fa93be1c20db50d5.compiled" not in sys.modules:
    rows = plpy.execute(
        plpy.prepare("select b.code from dbml.bytecode b where b.fingerprint = $1 and b.python = $2", ["text", "text"]),
        ["dbml_runtime_fa93be1c20db50d5", "%s %x" % (sys.implementation.cache_tag, sys.hexversion)])
    if not rows:
        plpy.execute("select dbml._load_runtime()")
        return
    package = sys.modules["dbml_runtime_fa93be1c20db50d5"] = types.ModuleType("dbml_runtime_fa93be1c20db50d5")
    package.__path__ = []
    for name, code in marshal.loads(rows[0]["code"]):
        module = sys.modules["dbml_runtime_fa93be1c20db50d5." + name] = types.ModuleType("dbml_runtime_fa93be1c20db50d5." + name)
        module.__package__ = "dbml_runtime_fa93be1c20db50d5"
        setattr(package, name, module)
        exec(code, module.__dict__)
$_$;


ALTER FUNCTION dbml._load_compiled() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._load_compiled() IS 'Registers what a compiled plan needs of dbml_runtime_fa93be1c20db50d5 in this session.';


CREATE FUNCTION dbml._load_runtime() RETURNS void
    LANGUAGE plpython3u STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
import sys
if sys.version_info < (3, 9):
    plpy.error(
        "this server's PL/Python runs Python %d.%d, and the engines portable and python need %d.%d or newer"
        % (*sys.version_info[:2], *(3, 9)),
        hint="Give the server's PL/Python a newer Python, or use the engine sql.", sqlstate="DB001")
sources = {'loader': '"""Registers the runtime\'s modules from their sources; ``dbml/bundle.py`` puts them into one function.\n\nThe package name carries the sources\' hash, so a session opened before an upgrade finds the new package at\nits next call, and keeps no module of the old one.\n"""\n\nfrom __future__ import annotations\n\nimport importlib.abc\nimport importlib.machinery\nimport importlib.util\nimport sys\nfrom collections.abc import Sequence\nfrom types import ModuleType\n\nPREFIX = "dbml_runtime_"\n\n\nclass _Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):\n    def __init__(self, package: str, sources: dict[str, str]) -> None:\n        self.package = package\n        self.sources = {package: ""} | {f"{package}.{name}": text for name, text in sources.items()}\n\n    def find_spec(\n        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None\n    ) -> importlib.machinery.ModuleSpec | None:\n        if fullname not in self.sources:\n            return None\n        return importlib.util.spec_from_loader(fullname, self, is_package=fullname == self.package)\n\n    def get_source(self, fullname: str) -> str:\n        return self.sources[fullname]\n\n    def is_package(self, fullname: str) -> bool:\n        return fullname == self.package\n\n\ndef register(package: str, sources: dict[str, str]) -> None:\n    """Make ``package`` importable from ``sources`` (module name to text), and forget other runtimes."""\n    for finder in [f for f in sys.meta_path if getattr(f, "package", "").startswith(PREFIX)]:\n        sys.meta_path.remove(finder)\n    for name in [n for n in sys.modules if n.startswith(PREFIX) and n.partition(".")[0] != package]:\n        del sys.modules[name]\n    sys.meta_path.append(_Sources(package, sources))\n', 'protocol': '"""What the runtime uses of PL/Python\'s ``plpy``."""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Sequence\nfrom typing import Any, NoReturn, Protocol\n\n\nclass Plpy(Protocol):\n    """The module that PL/Python hands to every function."""\n\n    def prepare(self, query: str, argtypes: Sequence[str] = ...) -> Any:\n        """Prepare a statement."""\n\n    def execute(self, query: Any, arguments: Sequence[Any] = ..., limit: int = ...) -> Any:\n        """Run a statement or a prepared plan; rows are dictionaries."""\n\n    def error(self, message: str, *, detail: str = ..., hint: str = ..., sqlstate: str = ...) -> NoReturn:\n        """Raise an error in the server."""\n', 'packages': '"""Gets the backend ready to import numpy and scikit-learn: where they live, and one thread only."""\n\nfrom __future__ import annotations\n\nimport os\nimport sys\nfrom typing import Any\n\nfrom .protocol import Plpy\n\nTHREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")\n\n\ndef prepare(plpy: Plpy) -> None:\n    """Set one thread before numpy starts its pools, and add the folder that the owner has set."""\n    for setting in THREAD_SETTINGS:\n        os.environ[setting] = "1"\n    for row in plpy.execute("select s.value from dbml.setting s where s.name = \'python_path\'"):\n        if row["value"] not in sys.path:\n            # Last: the folder serves where the server\'s own path lacks a package.\n            sys.path.append(row["value"])\n\n\ndef limit_threads() -> Any:\n    """Limit every thread pool already loaded to one thread, for as long as the answer is kept."""\n    from threadpoolctl import threadpool_limits\n\n    return threadpool_limits(limits=1)\n', 'frame': '"""Rows as PostgreSQL hands them over, made into the input that the estimator was fitted on.\n\nRuns inside the server: imports nothing from dbml, and numpy and pandas only inside the functions,\nbecause a session that never scores must not pay for them.\n"""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Mapping, Sequence\nfrom typing import Any\n\n# From here on float8 no longer holds every integer.\n_EXACT = 2.0**53\n\n\ndef to_wire(\n    signature: Mapping[str, Any], rows: Sequence[Sequence[Any]]\n) -> tuple[list[list[float | None]], list[list[str | None]]]:\n    """Split JSON rows (golden rows, what-if values) into the two arrays of the wire format.\n\n    :param signature: the version\'s signature.\n    :param rows: per row one value a feature, in signature order; ``"Infinity"`` and ``"-Infinity"``\n        stand for what JSON cannot write.\n    :returns: ``(numbers, texts)`` as :func:`rows_to_input` takes them.\n    :raises ValueError: a row of another length, or a value that does not fit its feature\'s kind.\n    """\n    features = signature["features"]\n    numbers: list[list[float | None]] = []\n    texts: list[list[str | None]] = []\n    for row in rows:\n        if len(row) != len(features):\n            raise ValueError(f"a row has {len(row)} values where the model has {len(features)} features")\n        number: list[float | None] = []\n        text: list[str | None] = []\n        for feature, value in zip(features, row):\n            if feature["kind"] == "text":\n                if value is not None and not isinstance(value, str):\n                    raise ValueError(f\'feature "{feature["name"]}" takes text, not {value!r}\')\n                text.append(value)\n            else:\n                number.append(_number(feature, value))\n        numbers.append(number)\n        texts.append(text)\n    return numbers, texts\n\n\ndef _number(feature: Mapping[str, Any], value: Any) -> float | None:\n    if value is None:\n        return None\n    try:\n        return float(value)\n    except (TypeError, ValueError, OverflowError):\n        raise ValueError(f\'feature "{feature["name"]}" takes a number, not {value!r}\') from None\n\n\ndef rows_to_input(\n    signature: Mapping[str, Any],\n    numbers: Sequence[Sequence[float | None]],\n    texts: Sequence[Sequence[str | None]],\n) -> list[tuple[list[int], Any]]:\n    """Build the estimator\'s input from the wire format.\n\n    A score is a function of its own row and never of its neighbours, but a pandas column has one\n    dtype: a NULL in one row would turn an integer column into floats for all rows. So rows are grouped\n    by which of their integer and boolean features need another dtype. Normally that is one group.\n\n    :param signature: the version\'s signature.\n    :param numbers: per row the float, integer and boolean features in signature order.\n    :param texts: per row the text features in signature order.\n    :returns: groups ``(row indices, X)``; X is a DataFrame or a 2-D float64 array, as the estimator\n        was fitted on.\n    :raises ValueError: a row of another length, an integer that float8 does not carry exactly, or a\n        boolean that is neither true nor false; names the feature.\n    """\n    features = signature["features"]\n    if len(numbers) != len(texts):\n        raise ValueError(f"{len(numbers)} rows of numbers do not go with {len(texts)} rows of texts")\n    numeric = [feature for feature in features if feature["kind"] != "text"]\n    textual = len(features) - len(numeric)\n    groups: dict[tuple[bool, ...], list[int]] = {}\n    for index, (number, text) in enumerate(zip(numbers, texts)):\n        if len(number) != len(numeric) or len(text) != textual:\n            raise ValueError(\n                f"a row has {len(number)} numbers and {len(text)} texts where the model has "\n                f"{len(numeric)} and {textual}"\n            )\n        key = tuple(_irregular(feature, value) for feature, value in zip(numeric, number) if feature["kind"] != "float")\n        groups.setdefault(key, []).append(index)\n    if signature["input"] == "array":\n        return _arrays(numeric, numbers, list(range(len(numbers))))\n    return [\n        (indices, _frame(features, [numbers[i] for i in indices], [texts[i] for i in indices], key))\n        for key, indices in groups.items()\n    ]\n\n\ndef _irregular(feature: Mapping[str, Any], value: float | None) -> bool:\n    """Whether the value does not fit the feature\'s own dtype (NULL, or no integer).\n\n    :raises ValueError: a value that no dtype would carry rightly.\n    """\n    if value is None or value != value:\n        return True\n    if feature["kind"] == "boolean":\n        if value not in (0.0, 1.0):\n            raise ValueError(f\'feature "{feature["name"]}" takes true or false, not {value!r}\')\n        return False\n    if abs(value) >= _EXACT:\n        raise ValueError(f\'feature "{feature["name"]}" is an integer too large to be exact: {value:.0f}\')\n    return not float(value).is_integer()\n\n\ndef _arrays(\n    numeric: Sequence[Mapping[str, Any]], numbers: Sequence[Sequence[float | None]], indices: list[int]\n) -> list[tuple[list[int], Any]]:\n    import numpy as np\n\n    if not indices:\n        return []\n    # numpy makes NaN of None when it is told the dtype.\n    return [(indices, np.array(numbers, dtype=np.float64).reshape(len(indices), len(numeric)))]\n\n\ndef _frame(\n    features: Sequence[Mapping[str, Any]],\n    numbers: Sequence[Sequence[float | None]],\n    texts: Sequence[Sequence[str | None]],\n    irregular: tuple[bool, ...],\n) -> Any:\n    import pandas as pd\n\n    number_columns = iter(zip(*numbers))\n    text_columns = iter(zip(*texts))\n    flags = iter(irregular)\n    columns: dict[str, Any] = {}\n    for feature in features:\n        if feature["kind"] == "text":\n            columns[feature["name"]] = _text(feature, next(text_columns))\n        elif feature["kind"] == "float":\n            columns[feature["name"]] = _floats(next(number_columns), feature["dtype"])\n        elif feature["kind"] == "integer":\n            values = next(number_columns)\n            columns[feature["name"]] = _floats(values, "float64" if next(flags) else "int64")\n        else:\n            columns[feature["name"]] = _booleans(feature, next(number_columns), next(flags))\n    return pd.DataFrame(columns)\n\n\ndef _floats(values: Sequence[float | None], dtype: str) -> Any:\n    import numpy as np\n\n    # A value past float32 becomes infinity there, and the estimator refuses infinity by itself.\n    with np.errstate(over="ignore"):\n        return np.array(values, dtype=np.float64).astype(dtype)\n\n\ndef _missing(feature: Mapping[str, Any]) -> Any:\n    return float("nan") if feature.get("missing") == "nan" else None\n\n\ndef _booleans(feature: Mapping[str, Any], values: Sequence[float | None], irregular: bool) -> Any:\n    import pandas as pd\n\n    missing = _missing(feature)\n    booleans = [missing if value is None or value != value else bool(value) for value in values]\n    return pd.Series(booleans, dtype=object if irregular or feature["dtype"] == "object" else bool)\n\n\ndef _text(feature: Mapping[str, Any], values: Sequence[str | None]) -> Any:\n    import pandas as pd\n\n    if feature["dtype"] == "category":\n        known = list(feature["categories"])\n        # pandas would silently make NaN of a value outside the categories. It is for the estimator to\n        # refuse or to ignore it; appended, it leaves the codes of the known ones as they were.\n        unknown = sorted({value for value in values if value is not None} - set(known))\n        return pd.Categorical(list(values), known + unknown, ordered=bool(feature.get("ordered")))\n    missing = _missing(feature)\n    column = pd.Series([missing if value is None else value for value in values], dtype=object)\n    if feature["dtype"] == "str":\n        try:\n            return column.astype(pd.StringDtype(na_value=float("nan")))\n        except TypeError:  # pandas before 2.3 has no such dtype and keeps strings as objects\n            return column\n    return column\n\n\ndef scores(estimator: Any, output: Mapping[str, Any], X: Any) -> Any:  # noqa: N803 - scikit-learn\'s name\n    """Score one group of rows.\n\n    :param estimator: the fitted estimator.\n    :param output: the signature\'s ``output``: probability, value or label.\n    :param X: one group from :func:`rows_to_input`.\n    :returns: a 1-D float64 array, one score a row.\n    :raises ValueError: the estimator\'s answer has another shape, or holds NaN or infinity; and whatever\n        the estimator itself raises.\n    """\n    import numpy as np\n\n    if output["kind"] == "probability":\n        answer = np.asarray(estimator.predict_proba(X))\n        if answer.ndim != 2 or output["index"] >= answer.shape[1]:\n            raise ValueError(f"predict_proba answered with the shape {answer.shape}")\n        answer = answer[:, output["index"]]\n    elif output["kind"] == "label":\n        answer = np.asarray(np.asarray(estimator.predict(X)) == output["label"])\n    elif output["kind"] == "value":\n        answer = np.asarray(estimator.predict(X))\n    else:\n        raise ValueError(f\'unknown output "{output["kind"]}"\')\n    if answer.shape != (len(X),):\n        raise ValueError(f"the estimator answered {len(X)} rows with the shape {answer.shape}")\n    answer = answer.astype(np.float64)\n    if not np.isfinite(answer).all():\n        raise ValueError("the estimator answered NaN or infinity")\n    return answer\n', 'plan': '"""The plan: a model as plain data, and the check that a stored one can be trusted to be a plan.\n\nA plan is a JSON object::\n\n    {"format": 1, "numbers": 19, "texts": 2, "nodes": [...], "checks": [...], "output": 41}\n\n``numbers`` and ``texts`` tell how many features of each sort a row has, in signature order. Each node is one\nscalar computed for a row from earlier nodes: ``{"op": "subtract", "of": [3, 4]}``. ``checks`` are conditions\nthat a row must meet, ``{"node": 7, "because": "Input X contains NaN"}``: what scikit-learn refuses, a plan\nrefuses. With ``"ordinary": true`` every row meets it whose numbers are :data:`ordinary <ORDINARY>`. ``output`` is the\nnode that is the score; an answer that is not finite is refused too.\n\nNumbers are IEEE 754 doubles, and NaN is what is missing. Arithmetic never raises: 1/0 is infinity, log(-1) is\nNaN. Where JSON cannot write a number, it says ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``.\n\nThis module runs inside the server and imports nothing but the standard library.\n"""\n\nfrom __future__ import annotations\n\nimport json\nfrom collections.abc import Mapping, Sequence\nfrom typing import Any\n\nFORMAT = 1\n\n# Numbers of no larger magnitude are ordinary: not missing, not infinite, not too large for an integer.\nORDINARY = 2.0**53 - 1\n\n# Operation → the kinds it takes and gives: n(umber), t(ext), b(oolean), with * for any number of them.\n# What the operations mean is written down, once, in `portable.py` and `batch.py`; `docs/plan.md` explains plans.\nOPERATIONS: dict[str, tuple[str, str]] = {\n    # sources: "index" is a place among the row\'s numbers or texts\n    "number": ("", "n"),\n    "text": ("", "t"),\n    "constant": ("", "n"),  # value\n    # arithmetic\n    "add": ("nn", "n"),\n    "subtract": ("nn", "n"),\n    "multiply": ("nn", "n"),\n    "divide": ("nn", "n"),\n    "minimum": ("nn", "n"),  # NaN if either is\n    "maximum": ("nn", "n"),\n    "power": ("n", "n"),  # exponent\n    "modulo": ("n", "n"),  # divisor, positive: the remainder, of the divisor\'s sign\n    "function": ("n", "n"),  # name, one of FUNCTIONS\n    "round32": ("n", "n"),  # to the nearest float32; past its range, infinity\n    "sum": ("n*", "n"),  # from left to right\n    "dot": ("n*", "n"),  # weights, constant: the sum of products, then the constant\n    "sigmoid": ("n", "n"),  # 1 / (1 + exp(-x))\n    "softmax": ("n*", "n"),  # index: exp(x[index]) / sum of exp(x), without overflow\n    # conditions\n    "less": ("nn", "b"),\n    "less_equal": ("nn", "b"),\n    "equal": ("nn", "b"),\n    "finite": ("n", "b"),\n    "missing": ("n", "b"),\n    "absent": ("t", "b"),  # missing, of a text\n    "is": ("t", "b"),  # value\n    "not": ("b", "b"),\n    "all": ("b*", "b"),\n    "any": ("b*", "b"),\n    # choices\n    "indicator": ("b", "n"),  # 1 or 0\n    "select": ("bnn", "n"),  # the first number where the condition holds, else the second\n    "fill": ("t", "t"),  # value, where the text is missing\n    "replace": ("t", "t"),  # key, value: the value instead of the key\n    "lookup": ("t", "n"),  # keys, values; "default" for other texts, "missing" for none\n    "match": ("n", "n"),  # the same for a number\n    # functions by table\n    "step": ("n", "n"),  # edges, values (one more), side "left" or "right" as numpy.searchsorted; "missing"\n    "interpolate": ("n", "n"),  # x, y as numpy.interp\n    "polynomial": ("n", "n"),  # breaks, coefficients of each interval in (x - its left break), highest power first\n    "weighted_median": ("n*", "n"),  # weights: of the ordered numbers, the first where half of the weight is reached\n    # trees: see TREES\n    "trees": ("n*", "n"),\n}\n\nFUNCTIONS = frozenset(\n    (\n        *("absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cbrt", "ceil", "cos", "cosh"),\n        *("exp", "exp2", "exp32", "expm1", "floor", "log", "log10", "log1p", "log2", "ndtr", "ndtri", "negative"),\n        *("reciprocal", "rint", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"),\n    )\n)\n\n# An ensemble is flat arrays over the nodes of all trees. "roots" tells where each tree starts. A node of column\n# -1 is a leaf and its "threshold" the leaf\'s value; otherwise the row goes to "left" where its column is\n# <= threshold (< where "strict"), else to "right". NaN goes right, or left where "missing_left" is 1.\n# "sets" maps a node\'s number, as a string, to the values that go left there, whatever the threshold.\n# The answer is "start" plus each tree\'s leaf in order; where "precision" is 32, rounded to float32 each time.\nTREES = ("roots", "column", "threshold", "left", "right")\n\n_NON_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}\n_NUMBERS = {"value", "exponent", "divisor", "constant", "default", "missing", "start"}\n_ARRAYS = {"weights", "values", "keys", "edges", "x", "y", "breaks", "threshold"}\n\n\nclass PlanError(ValueError):\n    """A plan that cannot be one: says which node and why."""\n\n\ndef loads(text: str) -> dict[str, Any]:\n    """Read a plan from JSON and check it.\n\n    :raises PlanError: an unknown format version, or nodes that do not fit each other.\n    """\n    try:\n        plan = json.loads(text)\n    except (ValueError, RecursionError) as error:\n        raise PlanError(f"the plan is no JSON: {error}") from None\n    if not isinstance(plan, dict) or "format" not in plan:\n        raise PlanError("the plan has no format version")\n    if plan["format"] != FORMAT:\n        raise PlanError(f"the plan has format {plan[\'format\']!r}, and this dbml reads format {FORMAT}")\n    try:\n        _check(plan)\n    except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:\n        raise PlanError(f"the plan lacks a part: {type(error).__name__} {error}") from None\n    return plan\n\n\ndef dumps(plan: Mapping[str, Any]) -> str:\n    """Write a plan as JSON that every reader takes: no bare NaN."""\n    return json.dumps(_writable(plan), allow_nan=False, separators=(",", ":"), ensure_ascii=False)\n\n\ndef _writable(value: Any) -> Any:\n    if isinstance(value, float):\n        if value != value:\n            return "NaN"\n        return value if value - value == 0.0 else "Infinity" if value > 0 else "-Infinity"\n    if isinstance(value, Mapping):\n        return {key: _writable(item) for key, item in value.items()}\n    if isinstance(value, (list, tuple)):\n        return [_writable(item) for item in value]\n    return value\n\n\ndef _check(plan: dict[str, Any]) -> None:\n    nodes = plan["nodes"]\n    found: list[str] = []\n    for index, node in enumerate(nodes):\n        op = node["op"]\n        if op not in OPERATIONS:\n            raise PlanError(f"node {index} of the plan has the unknown operation {op!r}")\n        takes, gives = OPERATIONS[op]\n        of = node.get("of", [])\n        if not all(isinstance(i, int) and 0 <= i < index for i in of):\n            raise PlanError(f"node {index} of the plan ({op}) takes a node that is not before it")\n        wanted = takes[0] * len(of) if takes.endswith("*") else takes\n        if "".join(found[i] for i in of) != wanted:\n            raise PlanError(f"node {index} of the plan ({op}) takes nodes of other kinds")\n        _read_numbers(index, node)\n        _check_fields(index, node, plan)\n        found.append(gives)\n    for check in plan["checks"]:\n        whole = isinstance(check["because"], str) and isinstance(check.get("ordinary", False), bool)\n        if not whole or found[check["node"]] != "b":\n            raise PlanError("a check of the plan is no condition with a reason")\n    if not 0 <= plan["output"] < len(nodes) or found[plan["output"]] != "n":\n        raise PlanError("the plan\'s output is no number")\n\n\ndef _read_numbers(index: int, node: dict[str, Any]) -> None:\n    for field in node.keys() & (_NUMBERS | _ARRAYS):\n        if field in _ARRAYS:\n            if node["op"] != "lookup" or field == "values":\n                node[field] = [_number(index, node, value) for value in node[field]]\n        elif node["op"] not in ("is", "fill", "replace"):\n            node[field] = _number(index, node, node[field])\n    if "coefficients" in node:\n        node["coefficients"] = [[_number(index, node, value) for value in row] for row in node["coefficients"]]\n\n\ndef _number(index: int, node: Mapping[str, Any], value: Any) -> float:\n    if isinstance(value, (int, float)) and not isinstance(value, bool):\n        return float(value)\n    if isinstance(value, str) and value in _NON_FINITE:\n        return _NON_FINITE[value]\n    raise PlanError(f"node {index} of the plan ({node[\'op\']}) holds {value!r} where a number is due")\n\n\ndef _check_fields(index: int, node: Mapping[str, Any], plan: Mapping[str, Any]) -> None:\n    op = node["op"]\n    fits = True\n    if op in ("number", "text"):\n        fits = 0 <= node["index"] < plan[f"{op}s"]\n    elif op == "constant":\n        fits = "value" in node\n    elif op in ("is", "fill"):\n        fits = isinstance(node["value"], str)\n    elif op == "replace":\n        fits = isinstance(node["key"], str) and isinstance(node["value"], str)\n    elif op == "modulo":\n        fits = node["divisor"] > 0.0\n    elif op == "power":\n        fits = "exponent" in node\n    elif op == "function":\n        fits = node["name"] in FUNCTIONS\n    elif op == "dot":\n        fits = len(node["weights"]) == len(node["of"]) and "constant" in node\n    elif op == "weighted_median":\n        fits = len(node["weights"]) == len(node["of"]) > 0\n    elif op == "softmax":\n        fits = 0 <= node["index"] < len(node["of"])\n    elif op in ("lookup", "match"):\n        wanted = str if op == "lookup" else float\n        fits = len(node["keys"]) == len(node["values"]) and all(isinstance(key, wanted) for key in node["keys"])\n        fits = fits and "default" in node and "missing" in node\n    elif op == "step":\n        fits = len(node["values"]) == len(node["edges"]) + 1 and node["side"] in ("left", "right") and "missing" in node\n        fits = fits and _ascending(node["edges"])\n    elif op == "interpolate":\n        fits = len(node["x"]) == len(node["y"]) > 0 and _ascending(node["x"])\n    elif op == "polynomial":\n        fits = len(node["breaks"]) == len(node["coefficients"]) + 1 and _ascending(node["breaks"])\n    elif op == "trees":\n        fits = _trees_fit(node)\n    if not fits:\n        raise PlanError(f"node {index} of the plan ({op}) has parts that do not fit each other")\n\n\ndef _ascending(values: Sequence[float]) -> bool:\n    return all(values[i - 1] <= values[i] for i in range(1, len(values)))\n\n\ndef _trees_fit(node: Mapping[str, Any]) -> bool:\n    size = len(node["column"])\n    arrays = [node[name] for name in TREES[1:]]\n    if "missing_left" in node:\n        arrays.append(node["missing_left"])\n    if any(len(array) != size for array in arrays) or "start" not in node:\n        return False\n    # Children come after their parent: a walk always ends. And a node has one parent: sixty nodes that shared\n    # theirs would be a tree of 2**60.\n    above = [*node["roots"]]\n    for place, (column, left, right) in enumerate(zip(node["column"], node["left"], node["right"])):\n        if column >= 0:\n            if not (column < len(node["of"]) and place < left < size and place < right < size):\n                return False\n            above += [left, right]\n    return all(0 <= root < size for root in node["roots"]) and len(set(above)) == len(above)\n', 'ieee': '"""Arithmetic that answers as numpy does where Python would raise: the names that generated code uses.\n\nStandard library only. What is missing is NaN.\n"""\n\nfrom __future__ import annotations\n\nimport bisect\nimport itertools\nimport math\nimport struct\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from collections.abc import Callable, Sequence\n\n_FLOAT = struct.Struct("f")\n\n\ndef divide(a: float, b: float) -> float:\n    """``a / b``; x/0 is infinite and 0/0 is NaN."""\n    try:\n        return a / b\n    except ZeroDivisionError:\n        if a != a or a == 0.0:\n            return math.nan\n        return math.copysign(math.inf, a) * math.copysign(1.0, b)\n\n\ndef minimum(a: float, b: float) -> float:\n    """``numpy.minimum``: NaN if either is."""\n    return a if a < b or a != a else b\n\n\ndef maximum(a: float, b: float) -> float:\n    """``numpy.maximum``: NaN if either is."""\n    return a if a > b or a != a else b\n\n\ndef power(x: float, exponent: float) -> float:\n    """``numpy.power``."""\n    try:\n        return math.pow(x, exponent)\n    except OverflowError:\n        return -math.inf if x < 0.0 and exponent % 2.0 == 1.0 else math.inf\n    except ValueError:\n        # A negative base to a fraction, or zero to a negative power.\n        return math.copysign(math.inf, x) if x == 0.0 and exponent % 2.0 == 1.0 else math.inf if x == 0.0 else math.nan\n\n\ndef round32(x: float) -> float:\n    """The nearest float32; past its range, infinity."""\n    try:\n        rounded: float = _FLOAT.unpack(_FLOAT.pack(x))[0]\n    except OverflowError:\n        return math.copysign(math.inf, x)\n    return rounded\n\n\ndef softmax(values: Sequence[float], index: int) -> float:\n    """One entry of ``scipy.special.softmax``."""\n    greatest = max(values)\n    if greatest - greatest != 0.0 or any(value != value for value in values):\n        return math.nan\n    powers = [math.exp(value - greatest) for value in values]\n    return powers[index] / sum(powers)\n\n\ndef weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:\n    """Of the values in order, the first at which the weights up to it reach half of all."""\n    order = sorted(range(len(values)), key=values.__getitem__)\n    sums = list(itertools.accumulate([weights[i] for i in order]))\n    half = 0.5 * sums[-1]\n    return next((values[i] for i, total in zip(order, sums) if total >= half), values[order[0]])\n\n\ndef exp(x: float) -> float:\n    """``numpy.exp``."""\n    try:\n        return math.exp(x)\n    except OverflowError:\n        return math.inf\n\n\n# The C library\'s expf: a polynomial in double between 32nds of a power of two, rounded once at the end.\nEXP32_SCALE = float.fromhex("0x1.71547652b82fep+0") * 32\nEXP32 = (\n    float.fromhex("0x1.c6af84b912394p-5") / 32**3,\n    float.fromhex("0x1.ebfce50fac4f3p-3") / 32**2,\n    float.fromhex("0x1.62e42ff0c52d6p-1") / 32,\n)\n\n\ndef exp32(x: float) -> float:\n    """``exp`` of a float32 as C computes it in float32, which is not always the nearest one."""\n    if not -104.0 < x < 89.0:\n        return x if x != x else 0.0 if x < 0.0 else math.inf\n    scaled = x * EXP32_SCALE\n    whole = round(scaled)\n    r = scaled - whole\n    a, b, c = EXP32\n    return round32(((a * r + b) * (r * r) + (c * r + 1.0)) * math.pow(2.0, whole / 32))\n\n\ndef step(x: float, edges: Sequence[float], values: Sequence[float], left: bool, missing: float) -> float:\n    """``values[numpy.searchsorted(edges, x)]``."""\n    if x != x:\n        return missing\n    return values[bisect.bisect_left(edges, x) if left else bisect.bisect_right(edges, x)]\n\n\ndef interpolate(value: float, x: Sequence[float], y: Sequence[float]) -> float:\n    """``numpy.interp``, in its own order of operations."""\n    if value != value:\n        return value\n    if value >= x[-1]:\n        return y[-1]\n    place = bisect.bisect_right(x, value) - 1\n    if place < 0:\n        return y[0]\n    if value == x[place]:\n        return y[place]\n    slope = (y[place + 1] - y[place]) / (x[place + 1] - x[place])\n    return slope * (value - x[place]) + y[place]\n\n\ndef polynomial(x: float, breaks: Sequence[float], coefficients: Sequence[Sequence[float]]) -> float:\n    """A piecewise polynomial, by Horner\'s rule."""\n    if x != x:\n        return x\n    place = min(max(bisect.bisect_right(breaks, x) - 1, 0), len(coefficients) - 1)\n    x -= breaks[place]\n    total = 0.0\n    for coefficient in coefficients[place]:\n        total = total * x + coefficient\n    return total\n\n\ndef function(name: str, x: float) -> float:\n    """One of the plan\'s functions, as numpy\'s."""\n    if x != x:\n        return x\n    try:\n        return _FUNCTIONS[name](x)\n    except OverflowError:\n        return math.copysign(math.inf, x) if name == "sinh" else math.inf\n    except (ValueError, ZeroDivisionError):\n        return _POLES.get((name, x), math.copysign(math.inf, x) if name == "reciprocal" else math.nan)\n\n\ndef _sign(x: float) -> float:\n    return 0.0 if x == 0.0 else math.copysign(1.0, x)\n\n\ndef _ndtri(p: float) -> float:\n    if 0.0 < p < 1.0:\n        from statistics import NormalDist  # brings a third of the standard library along\n\n        return NormalDist().inv_cdf(p)\n    return -math.inf if p == 0.0 else math.inf if p == 1.0 else math.nan\n\n\ndef _cbrt(x: float) -> float:\n    """The cube root, for a Python before 3.11: a power, and one step of Newton\'s to mend its last digits."""\n    if x - x != 0.0 or x == 0.0:\n        return x\n    root = math.copysign(math.pow(abs(x), 1.0 / 3.0), x)\n    return root - (root - x / (root * root)) / 3.0\n\n\n_FUNCTIONS: dict[str, Callable[[float], float]] = {\n    "absolute": abs,\n    "arccos": math.acos,\n    "arccosh": math.acosh,\n    "arcsin": math.asin,\n    "arcsinh": math.asinh,\n    "arctan": math.atan,\n    "arctanh": math.atanh,\n    "cbrt": getattr(math, "cbrt", _cbrt),\n    "ceil": lambda x: float(math.ceil(x)) if x - x == 0.0 else x,\n    "cos": math.cos,\n    "cosh": math.cosh,\n    "exp": math.exp,\n    "exp32": exp32,\n    "exp2": lambda x: math.pow(2.0, x),\n    "expm1": math.expm1,\n    "floor": lambda x: float(math.floor(x)) if x - x == 0.0 else x,\n    "log": math.log,\n    "log10": math.log10,\n    "log1p": math.log1p,\n    "log2": math.log2,\n    "ndtr": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),\n    "ndtri": _ndtri,\n    "negative": lambda x: -x,\n    "reciprocal": lambda x: 1.0 / x,\n    "rint": lambda x: float(round(x)) if x - x == 0.0 else x,\n    "sign": _sign,\n    "sin": math.sin,\n    "sinh": math.sinh,\n    "sqrt": math.sqrt,\n    "square": lambda x: x * x,\n    "tan": math.tan,\n    "tanh": math.tanh,\n}\n_POLES = {("log", 0.0): -math.inf, ("log2", 0.0): -math.inf, ("log10", 0.0): -math.inf, ("log1p", -1.0): -math.inf}\n_POLES.update({("arctanh", 1.0): math.inf, ("arctanh", -1.0): -math.inf})\n', 'masks': '"""Large forests of pure leaves by bit masks: which leaves does each value of a row leave possible?\n\nA tree\'s leaf is a box: an interval on each number, a choice on each condition. For every number and every\ninterval between two thresholds there is a mask of the leaves whose box takes it. ``&`` over the features of a row\nleaves one leaf a tree, and where leaves are worth 0 or 1, their sum is the number of bits. So a row costs a\nbisection and a few dozen operations of C per feature instead of a dozen comparisons per tree, and reads 100 kB in\nsequence instead of 10 MB at random.\n\nTrees are taken in groups: a mask then changes only where a threshold of its group stands, and neighbours share\nthe others. The fewer groups, the fewer places of memory a row waits for, and the more memory masks take. They are\nstored as changes from one interval to the next and built at first use.\n"""\n\nfrom __future__ import annotations\n\nfrom bisect import bisect_left, bisect_right\nfrom collections.abc import Mapping, Sequence\nfrom typing import Any\n\n# Below, the generated conditional expressions are as fast, and smaller; above, masks would take too much memory\n# (130 bytes a node).\nNODES_AT_LEAST = 20_000\nNODES_AT_MOST = 300_000\n# Bytes of a model\'s masks in a session, by estimate: with them, a session of a forest of 200 trees stays below 40 MB.\nMEMORY = 27e6\n# An integer of CPython has 30 bits in 4 bytes, and a place in a tuple.\nBYTES_OF_A_BIT = 4 / 30\nBYTES_OF_AN_INTEGER = 40\n# Values of several features that are looked up as one.\nMERGED_AT_MOST = 300\n\nMasks = tuple[int, ...]\n\n\ndef chosen(nodes: Sequence[Mapping[str, Any]]) -> set[int]:\n    """Tell which nodes of a plan are ensembles that masks should score: by their places."""\n    found = {i for i, node in enumerate(nodes) if node["op"] == "trees" and _fits(node)}\n    return found if sum(len(nodes[i]["column"]) for i in found) <= NODES_AT_MOST else set()\n\n\ndef _fits(node: Mapping[str, Any]) -> bool:\n    """Whether an ensemble is large, and all its leaves are worth 0 or 1 (so that sums are exact in any order)."""\n    leaves = {t for c, t in zip(node["column"], node["threshold"]) if c < 0}\n    plain = not node.get("sets") and not node.get("strict") and node["start"] == 0.0\n    return len(node["column"]) >= NODES_AT_LEAST and leaves == {0.0, 1.0} and plain\n\n\nclass Boxes:\n    """The boxes of the leaves that are worth 1, and the masks made of them.\n\n    :param node: one of the :func:`chosen`.\n    """\n\n    def __init__(self, node: Mapping[str, Any]) -> None:\n        self.column, self.threshold = node["column"], node["threshold"]\n        self.left, self.right = node["left"], node["right"]\n        self.missing_left = node.get("missing_left")\n        width = len(node["of"])\n        self.thresholds: list[list[float]] = [\n            sorted({t for c, t in zip(self.column, self.threshold) if c == place}) for place in range(width)\n        ]\n        # Per column: (group, bit, first interval, last interval, whether NaN gets there), where it is bounded.\n        self.bounded: list[list[tuple[int, int, int, int, bool]]] = [[] for _ in range(width)]\n        self.full: list[int] = []\n        roots = node["roots"]\n        size = -(-len(roots) // self._groups(roots))\n        for first in range(0, len(roots), size):\n            self.full.append(0)\n            for root in roots[first : first + size]:\n                self._collect(root)\n        self.full = [(1 << bits) - 1 for bits in self.full]\n\n    def _groups(self, roots: Sequence[int]) -> int:\n        """The fewest groups whose masks stay within the memory allowed, or nearly the fewest."""\n        leaves = sum(column < 0 and worth == 1.0 for column, worth in zip(self.column, self.threshold))\n        # A tree\'s nodes stand together.\n        tree_of = [bisect_right(roots, place) - 1 for place in range(len(self.column))]\n        groups = 1\n        while groups < len(roots):\n            size = -(-len(roots) // groups)\n            edges = {\n                (tree // size, column, threshold)\n                for tree, column, threshold in zip(tree_of, self.column, self.threshold)\n                if column >= 0\n            }\n            if len(edges) * (leaves / groups * BYTES_OF_A_BIT + BYTES_OF_AN_INTEGER) <= MEMORY:\n                break\n            groups += 1 + groups // 8\n        return groups\n\n    def _collect(self, root: int) -> None:\n        group = len(self.full) - 1\n        waiting: list[tuple[int, dict[int, tuple[int, int, bool]]]] = [(root, {})]\n        while waiting:\n            place, box = waiting.pop()\n            column = self.column[place]\n            if column < 0:\n                if self.threshold[place] == 1.0:\n                    bit = self.full[group]\n                    self.full[group] += 1\n                    for bounded, (low, high, missing) in box.items():\n                        self.bounded[bounded].append((group, bit, low, high, missing))\n                continue\n            edges = self.thresholds[column]\n            low, high, missing = box.get(column, (0, len(edges), True))\n            edge = bisect_left(edges, self.threshold[place])\n            to_left = bool(self.missing_left is not None and self.missing_left[place])\n            if low <= min(high, edge) or (missing and to_left):\n                waiting.append((self.left[place], {**box, column: (low, min(high, edge), missing and to_left)}))\n            if max(low, edge + 1) <= high or (missing and not to_left):\n                waiting.append(\n                    (self.right[place], {**box, column: (max(low, edge + 1), high, missing and not to_left)})\n                )\n\n    def at(self, column: int, value: float) -> list[int]:\n        """The masks for one value of a column; NaN for what is missing."""\n        rank = bisect_left(self.thresholds[column], value)\n        masks = list(self.full)\n        for group, bit, low, high, missing in self.bounded[column]:\n            if not (missing if value != value else low <= rank <= high):\n                masks[group] ^= 1 << bit\n        return masks\n\n    def changes(self, column: int) -> list[int]:\n        """What :func:`intervals` builds the masks of: per interval, how many groups change, and how."""\n        found: list[dict[int, int]] = [{} for _ in range(len(self.thresholds[column]) + 1)]\n        for group, bit, low, high, _ in self.bounded[column]:\n            if low > high:\n                continue  # only what is missing gets there\n            if low:\n                found[low][group] = found[low].get(group, 0) ^ (1 << bit)\n            if high + 1 < len(found):\n                found[high + 1][group] = found[high + 1].get(group, 0) ^ (1 << bit)\n        flat: list[int] = []\n        for here in found[1:]:\n            flat.append(len(here))\n            for group, bits in here.items():\n                shift = (bits & -bits).bit_length() - 1\n                flat += [group, max(shift, 0), bits >> max(shift, 0)]\n        return flat\n\n\ndef intervals(first: Sequence[int], changes: Sequence[int]) -> list[Masks]:\n    """Build the masks of each interval of a column, from those of the first."""\n    masks = list(first)\n    built = [tuple(masks)]\n    numbers = iter(changes)\n    for count in numbers:\n        for _ in range(count):\n            group = next(numbers)\n            shift = next(numbers)\n            masks[group] ^= next(numbers) << shift\n        built.append(tuple(masks))\n    return built\n\n\ndef merged(sources: Sequence[tuple[int, str, str]]) -> list[tuple[str, str]]:\n    """Features that tell few values apart are looked up together: most of the time goes into reading masks.\n\n    :param sources: per feature, how many values it tells apart, code for the place of a row\'s value, and code for\n        the masks of each.\n    :returns: code for the place and code for the masks, per lookup.\n    """\n    waiting = sorted(sources)\n    size, which, table = waiting.pop(0)\n    parts = [table]\n    while waiting and size * waiting[0][0] <= MERGED_AT_MOST:\n        more, place, table = waiting.pop(0)\n        size, which = size * more, f"({which}) * {more} + {place}"\n        parts.append(table)\n    first = (which, f"masks.together({\', \'.join(parts)})" if len(parts) > 1 else parts[0])\n    return [first, *((which, table) for _, which, table in waiting)]\n\n\ndef together(*tables: Sequence[Masks]) -> list[Masks]:\n    """The masks of every combination of values, the last table\'s changing fastest."""\n    combined = list(tables[0])\n    for table in tables[1:]:\n        combined = [_both(one, other) for one in combined for other in table]\n    return combined\n\n\ndef by_text(boxes: Boxes, known: Sequence[tuple[int, str]]) -> tuple[dict[str, Masks], Masks]:\n    """The masks of a text that several columns compare with: per category, and for any other text.\n\n    :param known: the columns and their categories.\n    """\n    zero = {column: boxes.at(column, 0.0) for column, _ in known}\n    others = _both(boxes.full, *zero.values())\n    table: dict[str, Masks] = {}\n    for category in {category for _, category in known}:\n        parts = [boxes.at(column, 1.0) if c == category else zero[column] for column, c in known]\n        table[category] = _both(boxes.full, *parts)\n    return table, others\n\n\ndef _both(*parts: Sequence[int]) -> Masks:\n    masks = list(parts[0])\n    for part in parts[1:]:\n        masks = [a & b for a, b in zip(masks, part)]\n    return tuple(masks)\n', 'treecode': '"""An ensemble\'s trees as Python expressions, for :mod:`.portable`.\n\nA tree becomes nested conditional expressions: measured against walks over arrays or tuples, nothing in pure\nPython decides faster (`docs/engines.md`).\n"""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Mapping, Sequence\nfrom dataclasses import dataclass\nfrom typing import Any\n\n# CPython\'s tokenizer takes 200 nested parentheses and its compiler recurses: a deeper part of a tree becomes\n# a function of its own.\nDEPTH_IN_ONE_EXPRESSION = 40\n\n\n@dataclass(frozen=True)\nclass Column:\n    """What the trees ask for.\n\n    :param text: an expression without side effects.\n    :param names: the variables in it.\n    :param condition: whether it is a condition that stands for 1 and 0, and no number.\n    """\n\n    text: str\n    names: tuple[str, ...]\n    condition: bool\n\n\ndef write(node: Mapping[str, Any], columns: Sequence[Column], functions: list[str]) -> list[str]:\n    """Write the trees of a ``trees`` node, one expression each.\n\n    :param functions: takes the functions that very deep trees need.\n    """\n    writer = _Writer(node, columns, functions)\n    return [writer.write(root)[0] for root in node["roots"]]\n\n\ndef literal(value: float) -> str:\n    """Write a number so that the very same double is read."""\n    if value != value:\n        return "nan"\n    if value - value != 0.0:\n        return "inf" if value > 0 else "-inf"\n    # "not x > -1.0" and "3.0 - -1.0" read alike to the parser; -0.0 keeps its sign.\n    return repr(value)\n\n\nclass _Writer:\n    """Puts the side that needs fewer parentheses first: ``a if c else b`` nests freely in b and not in a."""\n\n    def __init__(self, node: Mapping[str, Any], columns: Sequence[Column], functions: list[str]) -> None:\n        self.column, self.threshold = node["column"], node["threshold"]\n        self.left, self.right = node["left"], node["right"]\n        self.missing_left = node.get("missing_left")\n        self.sets = node.get("sets", {})\n        self.compare = ("<", ">=") if node.get("strict") else ("<=", ">")\n        self.columns, self.functions = columns, functions\n        self.names = sorted({name for column in columns for name in column.names})\n\n    def write(self, place: int) -> tuple[str, int, int]:\n        """Return an expression, how deep its parentheses nest, and how long its chain of elses is."""\n        column = self.column[place]\n        if column < 0:\n            return literal(self.threshold[place]), 0, 0\n        if self.columns[column].condition:\n            zero, one = (self.left[place] if self._goes_left(place, x) else self.right[place] for x in (0.0, 1.0))\n            first, second, condition = one, zero, self.columns[column].text\n        else:\n            first, second, condition = self.left[place], self.right[place], self._left(place)\n        here, depth, chain = self.write(first)\n        other, other_depth, other_chain = self.write(second)\n        if here == other:\n            return here, depth, chain\n        if depth > other_depth:\n            condition = condition[4:] if condition.startswith("not ") else f"not {condition}"\n            here, depth, chain, other, other_depth, other_chain = other, other_depth, other_chain, here, depth, chain\n        nested = " if " in here\n        text = f"{f\'({here})\' if nested else here} if {condition} else {other}"\n        depth = max(depth + nested, other_depth)\n        chain = max(chain, other_chain) + 1\n        if chain < DEPTH_IN_ONE_EXPRESSION:\n            return text, depth, chain\n        arguments = ", ".join(self.names)\n        name = f"f{len(self.functions)}"\n        self.functions.append(f"def {name}({arguments}):\\n    return {text}\\n")\n        return f"{name}({arguments})", 0, 0\n\n    def _goes_left(self, place: int, x: float) -> bool:\n        values = self.sets.get(str(place))\n        if values is not None:\n            return x in values\n        threshold: float = self.threshold[place]\n        return x < threshold if self.compare[0] == "<" else x <= threshold\n\n    def _left(self, place: int) -> str:\n        """The condition by which a row goes left, on a number."""\n        column = self.columns[self.column[place]].text\n        missing_left = self.missing_left is not None and self.missing_left[place]\n        values = self.sets.get(str(place))\n        if values is not None:\n            inside = f"{column} in {{{\', \'.join(literal(float(v)) for v in values)}}}" if values else "False"\n            return f"({inside} or {column} != {column})" if missing_left else inside\n        less, more = self.compare\n        threshold = literal(self.threshold[place])\n        return f"not {column} {more} {threshold}" if missing_left else f"{column} {less} {threshold}"\n', 'portable': '"""Plan → one plain Python function: the engine ``portable``.\n\nThe generated code uses the standard library alone, so the server needs no package, and it comes from data, so\nnothing is unpickled. Trees become nested conditional expressions (:mod:`.treecode`), large forests bit masks\n(:mod:`.masks`).\n"""\n\nfrom __future__ import annotations\n\nimport math\nfrom collections.abc import Mapping, Sequence\nfrom types import CodeType\nfrom typing import Any\n\nfrom . import masks, treecode\nfrom .plan import ORDINARY\nfrom .treecode import literal\n\n# CPython\'s tokenizer takes 200 nested parentheses and its compiler recurses.\nNESTED_AT_MOST = 20\nTERMS_IN_ONE_EXPRESSION = 50\n\n\ndef compile_plan(plan: Mapping[str, Any]) -> CodeType:\n    """Compile a plan that :func:`.plan.loads` has read."""\n    return compile(source(plan), "<dbml plan>", "exec", dont_inherit=True, optimize=2)\n\n\ndef source(plan: Mapping[str, Any]) -> str:\n    """Write a plan down as Python: the text of a module with the function ``score``."""\n    return _Writer(plan).text()\n\n\nclass _Writer:\n    def __init__(self, plan: Mapping[str, Any]) -> None:\n        self.plan = plan\n        self.nodes: Sequence[Mapping[str, Any]] = plan["nodes"]\n        self.constants: list[str] = []\n        self.functions: list[str] = []\n        self.by_masks = masks.chosen(self.nodes)\n        self.inlined = self._choose_inlined()\n\n    def text(self) -> str:\n        output = self.plan["output"]\n        ordinary = [check for check in self.plan["checks"] if check.get("ordinary")]\n        others = [check for check in self.plan["checks"] if not check.get("ordinary")]\n        of_output = self._closure([output])\n        of_others = self._closure([check["node"] for check in others])\n        of_ordinary = self._closure([check["node"] for check in ordinary])\n        body = self._numbers(bool(ordinary))\n        body += self._computed(of_others | (of_ordinary & of_output))\n        body += self._refusals(others)\n        if ordinary:\n            careful = self._computed(of_ordinary - of_others - of_output) + self._refusals(ordinary)\n            body += ["if not ordinary:", *(f"    {line}" for line in careful)]\n        body += self._computed(of_output - of_others - of_ordinary)\n        body += [\n            f"answer = {self._ref(output)}",\n            "if answer - answer != 0.0: raise Refused(\'the estimator answered NaN or infinity\')",\n            "return answer",\n        ]\n        score = "def score(numbers, texts):\\n" + "".join(f"    {line}\\n" for line in body)\n        imports = ["from array import array", "from bisect import bisect_left", "from math import exp, hypot"]\n        return "\\n".join([*imports, *self.constants, *self.functions, score])\n\n    def _numbers(self, judged: bool) -> list[str]:\n        """Take the row\'s numbers apart, with NaN for None, and tell whether they are ordinary.\n\n        One norm answers for most checks: NaN, infinity and whatever is large show in it. It is one call of C, which\n        in an insert, with everything cold, costs 5 µs less than to sum magnitudes. It may be off in its last bit, so\n        it has to be below the bound.\n        """\n        replaced = "[nan if x is None else x for x in numbers]"\n        body = []\n        if judged:\n            body += [\n                f"try: ordinary = hypot(*numbers) < {ORDINARY!r}",\n                f"except TypeError: numbers, ordinary = {replaced}, False",\n            ]\n        places = {node["index"]: f"v{i}" for i, node in enumerate(self.nodes) if node["op"] == "number"}\n        if places:\n            if not judged:\n                body.append(f"if None in numbers: numbers = {replaced}")\n            body.append("".join(f"{places.get(i, \'_\')}, " for i in range(self.plan["numbers"])) + "= numbers")\n        return body\n\n    def _computed(self, wanted: set[int]) -> list[str]:\n        """Assign nodes to their variables, in their order."""\n        lines = []\n        for index in sorted(wanted):\n            if not self.inlined[index] and self.nodes[index]["op"] != "number":\n                lines += self._statements(index, self.nodes[index])\n        return lines\n\n    def _refusals(self, checks: Sequence[Mapping[str, Any]]) -> list[str]:\n        reasons: dict[str, list[str]] = {}\n        for check in checks:\n            reasons.setdefault(check["because"], []).append(self._ref(check["node"]))\n        return [\n            f"if not ({\' and \'.join(conditions)}): raise Refused({because!r})"\n            for because, conditions in reasons.items()\n        ]\n\n    def _closure(self, indices: Sequence[int]) -> set[int]:\n        found: set[int] = set()\n        waiting = list(indices)\n        while waiting:\n            index = waiting.pop()\n            if index not in found:\n                found.add(index)\n                waiting += self.nodes[index].get("of", [])\n        return found\n\n    def _choose_inlined(self) -> list[bool]:\n        """Per node, whether it is written where it is used and not into a variable."""\n        uses = [0] * len(self.nodes)\n        for node in self.nodes:\n            # These ask for what they take more than once.\n            repeats = (\n                node["op"] in ("trees", "finite", "missing", "fill", "replace", "match", "sigmoid")\n                or node.get("name") == "square"\n            )\n            for index in node.get("of", []):\n                if node["op"] == "trees" and self.nodes[index]["op"] == "indicator":\n                    # A tree asks for the condition itself.\n                    condition = self.nodes[index]["of"][0]\n                    inner = self.nodes[condition]\n                    for i in inner["of"] if inner["op"] in _SHORT else [condition]:\n                        uses[i] += 2\n                else:\n                    uses[index] += 2 if repeats else 1\n        inlined: list[bool] = []\n        depths: list[int] = []\n        for index, node in enumerate(self.nodes):\n            of = node.get("of", [])\n            depth = 1 + max((depths[i] for i in of if inlined[i]), default=0)\n            long = node["op"] == "trees" or (node["op"] in ("dot", "sum") and len(of) > TERMS_IN_ONE_EXPRESSION)\n            once = uses[index] <= 1 and depth < NESTED_AT_MOST and not long\n            inlined.append(node["op"] == "constant" or (once and node["op"] != "number"))\n            depths.append(depth)\n        return inlined\n\n    def _statements(self, index: int, node: Mapping[str, Any]) -> list[str]:\n        """Assign the node to its variable; long sums in parts, because the compiler recurses into each."""\n        op, name = node["op"], f"v{index}"\n        if index in self.by_masks:\n            return self._by_masks(name, node)\n        if op == "trees":\n            columns = [self._tree_column(i) for i in node.get("of", [])]\n            terms = [f"({tree})" for tree in treecode.write(node, columns, self.functions)]\n            if node.get("precision") == 32:\n                # Storing into an array of float32 rounds, faster than a call.\n                start = f"{name} = array(\'f\', ({literal(node[\'start\'])},))"\n                return [start, *(f"{name}[0] = {name}[0] + {term}" for term in terms), f"{name} = {name}[0]"]\n            terms.insert(0, literal(node["start"]))\n        elif op in ("dot", "sum"):\n            terms = self._terms(node)\n        else:\n            return [f"{name} = {self._expression(index)}"]\n        parts = [terms[i : i + TERMS_IN_ONE_EXPRESSION] for i in range(0, len(terms), TERMS_IN_ONE_EXPRESSION)]\n        return [f"{name} = " + " + ".join([name, *part] if i else part) for i, part in enumerate(parts)]\n\n    def _terms(self, node: Mapping[str, Any]) -> list[str]:\n        of = [self._ref(i) for i in node.get("of", [])]\n        if node["op"] == "sum":\n            return of or ["0.0"]\n        products = [f"{value} * {literal(weight)}" for value, weight in zip(of, node["weights"])]\n        return [*products, literal(node["constant"])]\n\n    def _ref(self, index: int) -> str:\n        if self.nodes[index]["op"] == "constant":\n            return literal(self.nodes[index]["value"])\n        return f"({self._expression(index)})" if self.inlined[index] else f"v{index}"\n\n    def _by_masks(self, name: str, node: Mapping[str, Any]) -> list[str]:\n        """Count the leaves that a row reaches; see :mod:`.masks`."""\n        boxes = masks.Boxes(node)\n        sources: list[tuple[int, str, str]] = []  # how many values it tells apart, which of them it has, their masks\n        texts: dict[int, list[tuple[int, str]]] = {}\n        for column, index in enumerate(node["of"]):\n            source = self.nodes[index]\n            condition = self.nodes[source["of"][0]] if source["op"] == "indicator" else {}\n            if condition.get("op") == "is":\n                texts.setdefault(condition["of"][0], []).append((column, condition["value"]))\n            elif condition:\n                either = tuple(tuple(boxes.at(column, x)) for x in (0.0, 1.0))\n                sources.append((2, f"(1 if {self._ref(source[\'of\'][0])} else 0)", repr(either)))\n            else:\n                value = self._ref(index)\n                size = len(boxes.thresholds[column]) + 2\n                edges = self._constant(f"array(\'d\', {_tuple(boxes.thresholds[column])})")\n                first, missing = (tuple(boxes.at(column, x)) for x in (-math.inf, math.nan))\n                changes = tuple(boxes.changes(column))\n                which = f"(bisect_left({edges}, {value}) if {value} == {value} else {size - 1})"\n                sources.append((size, which, f"(*masks.intervals({first!r}, {changes!r}), {missing!r})"))\n        for text, known in texts.items():\n            categories, others = masks.by_text(boxes, known)\n            places = self._constant(repr({category: place for place, category in enumerate(categories)}))\n            size = len(categories) + 1\n            which = f"{places}.get({self._ref(text)}, {size - 1})"\n            sources.append((size, which, repr((*categories.values(), others))))\n        found = [f"{self._constant(table)}[{which}]" for which, table in masks.merged(sources)]\n        letters = [f"m{i}" for i in range(len(found))]\n        lines = [f"{letter} = {part}" for letter, part in zip(letters, found)]\n        counts = []\n        for group in range(len(boxes.full)):\n            both = " & ".join(f"{letter}[{group}]" for letter in letters)\n            # Python 3.9 cannot count bits.\n            counts.append(f"({both}).bit_count()" if hasattr(int, "bit_count") else f"bin({both}).count(\'1\')")\n        return [*lines, f"{name} = 0.0", *(f"{name} += {count}" for count in counts)]\n\n    def _tree_column(self, index: int) -> treecode.Column:\n        node = self.nodes[index]\n        condition = node["op"] == "indicator"\n        asked = node["of"][0] if condition else index\n        inside = self.nodes[asked]["of"] if self.inlined[asked] and "of" in self.nodes[asked] else [asked]\n        names = tuple(f"v{i}" for i in inside if self.nodes[i]["op"] != "constant")\n        inlined = self.inlined[asked] and self.nodes[asked]["op"] != "constant"\n        return treecode.Column(self._expression(asked) if inlined else self._ref(asked), names, condition)\n\n    def _constant(self, value: str) -> str:\n        name = f"c{len(self.constants)}"\n        self.constants.append(f"{name} = {value}")\n        return name\n\n    def _expression(self, index: int) -> str:\n        node = self.nodes[index]\n        op = node["op"]\n        of = [self._ref(i) for i in node.get("of", [])]\n        if op == "less" and self.inlined[node["of"][0]]:\n            first, bound = (self.nodes[i] for i in node["of"])\n            if first.get("name") == "absolute" and bound["op"] == "constant":\n                inner, limit = self._ref(first["of"][0]), bound["value"]\n                return f"{literal(-limit)} < {inner} < {literal(limit)}"\n        if op in _INFIX:\n            return f"{of[0]} {_INFIX[op]} {of[1]}"\n        if op in ("number", "text"):\n            return f"{op}s[{node[\'index\']}]"\n        if op == "divide":\n            divisor = self.nodes[node["of"][1]]\n            if divisor["op"] == "constant" and divisor["value"] != 0.0:\n                return f"{of[0]} / {of[1]}"\n            return f"ieee.divide({of[0]}, {of[1]})"\n        if op == "sigmoid":  # scipy.special.expit; exp(700) is still a number\n            return f"1.0 / (1.0 + exp(-{of[0]})) if {of[0]} > -700.0 else exp({of[0]})"\n        if op in ("minimum", "maximum", "round32"):\n            return f"ieee.{op}({\', \'.join(of)})"\n        if op == "power":\n            return f"ieee.power({of[0]}, {literal(node[\'exponent\'])})"\n        if op == "modulo":\n            return f"{of[0]} % {literal(node[\'divisor\'])}"\n        if op == "function":\n            return _function(node["name"], of[0])\n        if op in ("sum", "dot"):\n            return " + ".join(self._terms(node))\n        if op == "softmax":\n            return f"ieee.softmax(({\', \'.join(of)},), {node[\'index\']})"\n        if op == "weighted_median":\n            return f"ieee.weighted_median(({\', \'.join(of)},), {self._constant(_tuple(node[\'weights\']))})"\n        if op == "finite":\n            return f"{of[0]} - {of[0]} == 0.0"\n        if op == "missing":\n            return f"{of[0]} != {of[0]}"\n        if op == "absent":\n            return f"{of[0]} is None"\n        if op == "is":\n            return f"{of[0]} == {node[\'value\']!r}"\n        if op == "not":\n            return f"not {of[0]}"\n        if op in ("all", "any"):\n            return f" {\'and\' if op == \'all\' else \'or\'} ".join(of) if of else str(op == "all")\n        if op == "indicator":\n            return f"1.0 if {of[0]} else 0.0"\n        if op == "select":\n            return f"{of[1]} if {of[0]} else {of[2]}"\n        if op == "fill":\n            return f"{node[\'value\']!r} if {of[0]} is None else {of[0]}"\n        if op == "replace":\n            return f"{node[\'value\']!r} if {of[0]} == {node[\'key\']!r} else {of[0]}"\n        if op in ("lookup", "match"):\n            table = ", ".join(f"{k!r}: {literal(v)}" for k, v in zip(node["keys"], node["values"]))\n            name = self._constant("{" + table + "}")\n            default, missing = literal(node["default"]), literal(node["missing"])\n            if default == missing:\n                return f"{name}.get({of[0]}, {default})"\n            absent = f"{of[0]} is None" if op == "lookup" else f"{of[0]} != {of[0]}"\n            return f"{missing} if {absent} else {name}.get({of[0]}, {default})"\n        if op == "step":\n            edges, values = (self._constant(_tuple(node[part])) for part in ("edges", "values"))\n            return f"ieee.step({of[0]}, {edges}, {values}, {node[\'side\'] == \'left\'}, {literal(node[\'missing\'])})"\n        if op == "interpolate":\n            x, y = (self._constant(_tuple(node[part])) for part in ("x", "y"))\n            return f"ieee.interpolate({of[0]}, {x}, {y})"\n        breaks = self._constant(_tuple(node["breaks"]))\n        rows = self._constant("(" + "".join(_tuple(row) + ", " for row in node["coefficients"]) + ")")\n        return f"ieee.polynomial({of[0]}, {breaks}, {rows})"\n\n\n# Conditions that a tree asks for again and again as they are, because one comparison is all they cost.\n_SHORT = frozenset(["is", "absent", "missing", "equal", "less", "less_equal"])\n\n_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "less": "<", "less_equal": "<=", "equal": "=="}\n\n\ndef _function(name: str, x: str) -> str:\n    if name == "absolute":\n        return f"abs({x})"\n    if name == "negative":\n        return f"-{x}"\n    if name == "square":\n        return f"{x} * {x}"\n    return f"ieee.{name}({x})" if name in ("exp", "exp32") else f"ieee.function({name!r}, {x})"\n\n\ndef _tuple(values: Sequence[float]) -> str:\n    return "(" + "".join(f"{literal(value)}, " for value in values) + ")"\n', 'compiled': '"""Plans as functions, in a session: the only module that a session loads to score with the engine ``portable``.\n\nIts imports are all that stands between a new connection and its first score, so they are few.\n"""\n\nfrom __future__ import annotations\n\nimport gc\nimport marshal\nimport math\nimport sys\n\nfrom . import ieee\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from collections.abc import Callable, Sequence\n    from types import CodeType\n    from typing import Any\n\n    from .protocol import Plpy\n\n    Score = Callable[[Sequence[float | None], Sequence[str | None]], float]\n\nCANNOT_SCORE = "DB013"\n# Marshalled code is for the very interpreter that wrote it.\nPYTHON = f"{sys.implementation.cache_tag} {sys.hexversion:x}"\nLOADED_AT_MOST = 16\n# What a score needs, each after what it imports.\nMODULES = ("ieee", "masks", "compiled")\n\n_functions: dict[str, Score] = {}\n\n\nclass Refused(ValueError):\n    """The plan refuses a row, as the estimator would."""\n\n\ndef load(code: CodeType) -> Score:\n    """Turn compiled code into the function ``score(numbers, texts)``.\n\n    The function takes one row: its numbers and texts in signature order, None where NULL.\n\n    :raises Refused: from the function, for a row that the estimator refuses; its message is the reason.\n    """\n    namespace: dict[str, Any] = {"ieee": ieee, "inf": math.inf, "nan": math.nan, "Refused": Refused}\n    if "masks" in code.co_names:\n        from . import masks  # for large forests only\n\n        namespace["masks"] = masks\n    exec(code, namespace)  # noqa: S102 - compiled here from a plan, which is data\n    score: Score = namespace["score"]\n    return score\n\n\ndef score(plpy: Plpy, fingerprint: str, numbers: Sequence[float | None], texts: Sequence[str | None]) -> float:\n    """Score one row, or raise SQLSTATE DB013."""\n    function = _functions.get(fingerprint)\n    try:\n        if function is None:\n            function = of(plpy, fingerprint)\n        return function(numbers, texts)\n    except Refused as error:\n        plpy.error(\n            refusal(plpy, fingerprint, error), hint="dbml model show tells what it takes.", sqlstate=CANNOT_SCORE\n        )\n\n\ndef refusal(plpy: Plpy, fingerprint: str, reason: Refused) -> str:\n    """Say which version refuses a row, and why."""\n    query = plpy.prepare(\n        "select v.model || \'@\' || v.version as name from dbml.model_version v where v.fingerprint = $1 limit 1",\n        ["text"],\n    )\n    rows = plpy.execute(query, [fingerprint])\n    return f"{rows[0][\'name\'] if rows else \'the model\'} cannot score this row: {reason}"\n\n\ndef of(plpy: Plpy, fingerprint: str) -> Score:\n    """Return the function of the version with this fingerprint, from the session\'s cache or from the table.\n\n    :raises Refused: there is no such version, or it has no plan.\n    """\n    function = _functions.get(fingerprint)\n    if function is not None:\n        return function\n    query = plpy.prepare("select b.code from dbml.bytecode b where b.fingerprint = $1 and b.python = $2", ["text"] * 2)\n    rows = plpy.execute(query, [fingerprint, PYTHON])\n    if len(_functions) >= LOADED_AT_MOST:\n        _functions.clear()\n    # A large model makes ten thousands of objects at once, none of them garbage; to look for some took a tenth of it.\n    collects = gc.isenabled()\n    gc.disable()\n    try:\n        # After an upgrade of the server\'s Python there is no code for it yet, and a standby can store none.\n        code = marshal.loads(rows[0]["code"]) if rows else _compile(plpy, fingerprint)  # noqa: S302 - the server\'s own\n        function = _functions[fingerprint] = load(code)\n    finally:\n        if collects:\n            gc.enable()\n    return function\n\n\ndef store(plpy: Plpy, fingerprint: str) -> None:\n    """Compile a version\'s plan and keep the code for every session."""\n    try:\n        _keep(plpy, fingerprint, _compile(plpy, fingerprint))\n    except Refused as error:\n        plpy.error(str(error), hint="Add the model again.", sqlstate=CANNOT_SCORE)\n\n\ndef store_runtime(plpy: Plpy) -> None:\n    """Keep the code of the modules that a session\'s first score needs; ``dbml._load_compiled`` takes it from there."""\n    finder: Any = next(f for f in sys.meta_path if getattr(f, "package", None) == __package__)\n    texts = {name: finder.get_source(f"{__package__}.{name}") for name in MODULES}\n    code = [(name, compile(text, name, "exec", dont_inherit=True, optimize=2)) for name, text in texts.items()]\n    _keep(plpy, str(__package__), code)\n\n\ndef _keep(plpy: Plpy, fingerprint: str, code: Any) -> None:\n    query = plpy.prepare(\n        "insert into dbml.bytecode (fingerprint, python, code) values ($1, $2, $3) "\n        "on conflict (fingerprint, python) do update set code = excluded.code",\n        ["text", "text", "bytea"],\n    )\n    plpy.execute(query, [fingerprint, PYTHON, marshal.dumps(code)])\n\n\ndef _compile(plpy: Plpy, fingerprint: str) -> CodeType:\n    plpy.execute("select dbml._load_runtime()")\n    from . import plan, portable\n\n    try:\n        return portable.compile_plan(plan.loads(plan_text(plpy, fingerprint)))\n    except plan.PlanError as error:\n        raise Refused(str(error)) from error\n    except RecursionError as error:\n        raise Refused("the plan nests deeper than this server\'s Python can compile") from error\n\n\ndef plan_text(plpy: Plpy, fingerprint: str) -> str:\n    """Return the plan of the version with this fingerprint, as JSON.\n\n    :raises Refused: there is no such version, or it has no plan.\n    """\n    query = plpy.prepare("select v.plan from dbml.model_version v where v.fingerprint = $1 limit 1", ["text"])\n    rows = plpy.execute(query, [fingerprint])\n    if not rows or rows[0]["plan"] is None:\n        raise Refused(f"no stored version with a plan has the fingerprint {fingerprint}")\n    text: str = rows[0]["plan"]\n    return text\n', 'batch': '"""Many rows of a plan in one vectorised call, where the server has numpy.\n\nSays the same as the function of :mod:`.portable`, operation by operation; imported only when a batch is scored.\n"""\n\nfrom __future__ import annotations\n\nfrom collections.abc import Callable, Mapping, Sequence\nfrom typing import Any\n\nimport numpy as np\n\nfrom . import ieee\n\nArray = Any  # a numpy array; the server\'s may be of any version\n\n\ndef score(\n    plan: Mapping[str, Any], numbers: Sequence[Sequence[float | None]], texts: Sequence[Sequence[str | None]]\n) -> Array:\n    """Score rows.\n\n    :param plan: read by :func:`.plan.loads`.\n    :param numbers: per row its numbers in signature order, None where NULL.\n    :param texts: per row its texts.\n    :returns: float64, shape ``(rows,)``; NaN for a row that is refused.\n    """\n    values = evaluate(plan, columns(plan["numbers"], numbers), texts)\n    refused = np.zeros(len(numbers), dtype=bool)\n    for check in plan["checks"]:\n        refused |= ~values[check["node"]]\n    answer = np.array(np.broadcast_to(values[plan["output"]], len(numbers)), dtype=np.float64)\n    answer[refused | ~np.isfinite(answer)] = np.nan\n    return answer\n\n\ndef columns(width: int, numbers: Sequence[Sequence[float | None]]) -> Array:\n    """Rows of numbers as an array of columns: float64, shape ``(width, rows)``."""\n    return np.array(numbers, dtype=np.float64).reshape(len(numbers), width).T.copy()\n\n\ndef evaluate(\n    plan: Mapping[str, Any], numbers: Array, texts: Sequence[Sequence[str | None]], until: int | None = None\n) -> list[Array]:\n    """Compute every node up to ``until`` (its number; left out, all) for all rows.\n\n    :param numbers: shape ``(numbers, rows)``.\n    """\n    values: list[Array] = []\n    rows = numbers.shape[1] if plan["numbers"] else len(texts)\n    with np.errstate(all="ignore"):\n        for node in plan["nodes"][: None if until is None else until + 1]:\n            of = [values[i] for i in node.get("of", [])]\n            op = node["op"]\n            if op == "number":\n                value = numbers[node["index"]]\n            elif op == "text":\n                value = np.array([row[node["index"]] for row in texts], dtype=object)\n            elif op == "constant":\n                value = np.full(rows, node["value"])\n            else:\n                value = _OPERATIONS[op](node, of, rows)\n            values.append(value)\n    return values\n\n\ndef _sum(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    total = np.zeros(rows)\n    for i, value in enumerate(of):\n        total = total + value if i else value\n    return total\n\n\ndef _dot(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    return _sum(node, [value * weight for value, weight in zip(of, node["weights"])], rows) + node["constant"]\n\n\ndef _sigmoid(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    x = of[0]\n    return np.where(x > -700.0, 1.0 / (1.0 + np.exp(-x)), np.exp(x))\n\n\ndef _softmax(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    stacked = np.stack(of)\n    powers = np.exp(stacked - stacked.max(axis=0))\n    return powers[node["index"]] / _sum(node, list(powers), rows)\n\n\ndef _weighted_median(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    values = np.stack(of, axis=1)\n    order = np.argsort(values, axis=1, kind="stable")\n    sums = np.cumsum(np.array(node["weights"])[order], axis=1)\n    place = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)\n    everyone = np.arange(rows)\n    return values[everyone, order[everyone, place]]\n\n\ndef _function(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    name = node["name"]\n    if name in ("ndtr", "ndtri"):  # scipy may not be there\n        return np.array([ieee.function(name, x) for x in of[0].tolist()])\n    if name == "exp32":\n        return _exp32(of[0])\n    return getattr(np, name)(of[0])\n\n\ndef _exp32(x: Array) -> Array:\n    inside = np.clip(x, -104.0, 89.0)\n    scaled = inside * ieee.EXP32_SCALE\n    whole = np.rint(scaled)\n    r = scaled - whole\n    a, b, c = ieee.EXP32\n    return _round32(((a * r + b) * (r * r) + (c * r + 1.0)) * np.exp2(whole / 32))\n\n\ndef _lookup(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    table = dict(zip(node["keys"], node["values"]))\n    table[None] = node["missing"]\n    default = node["default"]\n    return np.array([table.get(key, default) for key in of[0].tolist()], dtype=np.float64)\n\n\ndef _match(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    value = np.full(rows, node["default"])\n    for key, worth in zip(node["keys"], node["values"]):\n        value[of[0] == key] = worth\n    value[np.isnan(of[0])] = node["missing"]\n    return value\n\n\ndef _step(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    value = np.array(node["values"])[np.searchsorted(node["edges"], of[0], side=node["side"])]\n    return np.where(np.isnan(of[0]), node["missing"], value)\n\n\ndef _polynomial(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    last = len(node["coefficients"]) - 1\n    place = np.clip(np.searchsorted(node["breaks"], of[0], side="right") - 1, 0, last)\n    x = of[0] - np.array(node["breaks"])[place]\n    total = np.zeros(rows)\n    for coefficient in _padded(node["coefficients"]).T:\n        total = total * x + coefficient[place]\n    return total\n\n\ndef _padded(rows: Sequence[Sequence[float]]) -> Array:\n    width = max(len(row) for row in rows)\n    return np.array([[0.0] * (width - len(row)) + list(row) for row in rows])\n\n\n# Pairs of a tree and a row that go down together: enough that numpy\'s calls weigh little, few enough for the cache.\n_PAIRS = 16_384\n_ROWS = 1_024\n\n\nclass _Trees:\n    """An ensemble as arrays. Leaves lead to themselves."""\n\n    def __init__(self, node: Mapping[str, Any]) -> None:\n        column = np.array(node["column"], dtype=np.int32)\n        self.inner = column >= 0\n        here = np.arange(len(column))\n        self.column = np.where(self.inner, column, 0)\n        self.threshold = np.array(node["threshold"])\n        # Children side by side: of node i, 2i is where it goes right and 2i+1 left.\n        self.child = np.empty(2 * len(column), dtype=np.int32)\n        self.child[0::2] = np.where(self.inner, node["right"], here)\n        self.child[1::2] = np.where(self.inner, node["left"], here)\n        self.roots = np.array(node["roots"], dtype=np.int32)\n        self.missing_left = np.array(node["missing_left"], dtype=bool) if "missing_left" in node else None\n        # Which set a node asks (none: -1), and a table of sets against all values that any of them holds.\n        sets = node.get("sets", {})\n        self.values = np.unique(np.array([v for values in sets.values() for v in values], dtype=np.float64))\n        self.set_of = np.full(len(column), -1, dtype=np.int32)\n        self.member = np.zeros((len(sets), len(self.values) + 1), dtype=bool)\n        for i, (place, values) in enumerate(sets.items()):\n            self.set_of[int(place)] = i\n            self.member[i, np.searchsorted(self.values, values)] = True\n        self.compare = np.less if node.get("strict") else np.less_equal\n\n    def leaves(self, roots: Array, X: Array) -> Array:  # noqa: N803\n        """The leaf of every row in each of these trees, shape ``(trees, rows)``; ``X`` has a column a row."""\n        rows = X.shape[1]\n        flat = X.ravel()\n        place = np.repeat(roots, rows)\n        row = np.tile(np.arange(rows, dtype=np.int32), len(roots))\n        going = np.flatnonzero(self.inner[place])\n        at, row = place[going], row[going]\n        while going.size:\n            x = flat[self.column[at] * rows + row]\n            to_left = self.compare(x, self.threshold[at])\n            if len(self.member):\n                asked = np.flatnonzero(self.set_of[at] >= 0)\n                to_left[asked] = self._inside(self.set_of[at[asked]], x[asked])\n            if self.missing_left is not None:\n                to_left |= np.isnan(x) & self.missing_left[at]\n            at = self.child[2 * at + to_left]\n            inner = self.inner[at]\n            if not inner.all():\n                place[going[~inner]] = at[~inner]\n                going, at, row = going[inner], at[inner], row[inner]\n        return place.reshape(len(roots), rows)\n\n    def _inside(self, which: Array, x: Array) -> Array:\n        """Whether a value is in a set; the last column of the table stands for all other values."""\n        if not len(self.values):\n            return np.zeros(len(x), dtype=bool)\n        found = np.minimum(np.searchsorted(self.values, x), len(self.values) - 1)\n        return self.member[which, np.where(self.values[found] == x, found, len(self.values))]\n\n\n_prepared: dict[int, tuple[Mapping[str, Any], _Trees]] = {}\n\n\ndef _prepare(node: Mapping[str, Any]) -> _Trees:\n    """The arrays of a node, kept for the next batch."""\n    found = _prepared.get(id(node))\n    if found is None or found[0] is not node:\n        if len(_prepared) >= 16:\n            _prepared.clear()\n        found = _prepared[id(node)] = (node, _Trees(node))\n    return found[1]\n\n\ndef _trees(node: Mapping[str, Any], of: Sequence[Array], rows: int) -> Array:\n    trees = _prepare(node)\n    X = np.stack(of) if of else np.zeros((1, rows))  # noqa: N806\n    single = node.get("precision") == 32\n    total = np.full(rows, node["start"])\n    for begin in range(0, rows, _ROWS):\n        part = X[:, begin : begin + _ROWS].copy()\n        together = max(1, _PAIRS // part.shape[1])\n        sums = total[begin : begin + _ROWS]\n        for first in range(0, len(trees.roots), together):\n            for worth in trees.threshold[trees.leaves(trees.roots[first : first + together], part)]:\n                sums += worth\n                if single:\n                    sums[:] = _round32(sums)\n    return total\n\n\ndef _round32(x: Array) -> Array:\n    return x.astype(np.float32).astype(np.float64)\n\n\n_OPERATIONS: dict[str, Callable[[Mapping[str, Any], Sequence[Array], int], Array]] = {\n    "add": lambda node, of, rows: of[0] + of[1],\n    "subtract": lambda node, of, rows: of[0] - of[1],\n    "multiply": lambda node, of, rows: of[0] * of[1],\n    "divide": lambda node, of, rows: of[0] / of[1],\n    "minimum": lambda node, of, rows: np.minimum(of[0], of[1]),\n    "maximum": lambda node, of, rows: np.maximum(of[0], of[1]),\n    "power": lambda node, of, rows: np.power(of[0], node["exponent"]),\n    "modulo": lambda node, of, rows: np.mod(of[0], node["divisor"]),\n    "function": _function,\n    "round32": lambda node, of, rows: _round32(of[0]),\n    "sum": _sum,\n    "dot": _dot,\n    "sigmoid": _sigmoid,\n    "softmax": _softmax,\n    "weighted_median": _weighted_median,\n    "less": lambda node, of, rows: of[0] < of[1],\n    "less_equal": lambda node, of, rows: of[0] <= of[1],\n    "equal": lambda node, of, rows: of[0] == of[1],\n    "finite": lambda node, of, rows: np.isfinite(of[0]),\n    "missing": lambda node, of, rows: np.isnan(of[0]),\n    "absent": lambda node, of, rows: np.array([x is None for x in of[0].tolist()], dtype=bool),\n    "is": lambda node, of, rows: np.array([x == node["value"] for x in of[0].tolist()], dtype=bool),\n    "not": lambda node, of, rows: ~of[0],\n    "all": lambda node, of, rows: np.logical_and.reduce(of) if of else np.ones(rows, dtype=bool),\n    "any": lambda node, of, rows: np.logical_or.reduce(of) if of else np.zeros(rows, dtype=bool),\n    "indicator": lambda node, of, rows: of[0].astype(np.float64),\n    "select": lambda node, of, rows: np.where(of[0], of[1], of[2]),\n    "fill": lambda node, of, rows: np.array([node["value"] if x is None else x for x in of[0].tolist()], dtype=object),\n    "replace": lambda node, of, rows: np.array(\n        [node["value"] if x == node["key"] else x for x in of[0].tolist()], dtype=object\n    ),\n    "lookup": _lookup,\n    "match": _match,\n    "step": _step,\n    "interpolate": lambda node, of, rows: np.interp(of[0], node["x"], node["y"]),\n    "polynomial": _polynomial,\n    "trees": _trees,\n}\n', 'unfold': '"""How large is a file once it is decompressed? Asked before anything is loaded, and answered in little memory.\n\nA few kilobytes can unfold to gigabytes. The file is decompressed piece by piece, each piece is counted and\nforgotten, and past the limit nothing more is read.\n"""\n\nfrom __future__ import annotations\n\nimport bz2\nimport gzip\nimport io\nimport lzma\nimport zlib\nfrom collections.abc import Iterator\nfrom typing import Any\n\n# How joblib tells its compressors apart; and pickle since protocol 2.\nPICKLE, ZLIB, GZIP, BZ2, XZ, LZMA, LZ4 = b"\\x80", b"x", b"\\x1f\\x8b", b"BZh", b"\\xfd7zXZ", b"]\\x00", b"\\x04\\x22\\x4d\\x18"\n\nPIECE = 1 << 20\n\n\nclass TooLarge(ValueError):\n    """The file is, or unfolds to, more than it may."""\n\n\ndef check(blob: bytes, limit: int) -> None:\n    """Decompress a joblib file without keeping it, to see that it is not larger than ``limit`` bytes.\n\n    :raises TooLarge: it is.\n    :raises ValueError: it is in no format that joblib writes. What is damaged is for joblib to tell of.\n    """\n    total = 0\n    try:\n        for piece in _pieces(blob):\n            total += len(piece)\n            if total > limit:\n                raise TooLarge(f"its {len(blob)} bytes unfold to more than {limit}")\n    except (EOFError, OSError, zlib.error, lzma.LZMAError):\n        return\n\n\ndef _pieces(blob: bytes) -> Iterator[bytes]:\n    if blob.startswith(PICKLE):\n        return iter([blob])\n    if blob.startswith(ZLIB):\n        return _inflated(blob)\n    file = io.BytesIO(blob)\n    stream: Any\n    if blob.startswith(GZIP):\n        stream = gzip.GzipFile(fileobj=file)\n    elif blob.startswith(BZ2):\n        stream = bz2.BZ2File(file)\n    elif blob.startswith((XZ, LZMA)):\n        stream = lzma.LZMAFile(file)  # noqa: SIM115 - it reads from memory\n    elif blob.startswith(LZ4):\n        import lz4.frame  # joblib needs it for this format as well\n\n        stream = lz4.frame.LZ4FrameFile(file)\n    else:\n        raise ValueError("it is no joblib file")\n    return iter(lambda: stream.read(PIECE), b"")\n\n\ndef _inflated(blob: bytes) -> Iterator[bytes]:\n    stream = zlib.decompressobj()\n    for start in range(0, len(blob), PIECE):\n        rest = blob[start : start + PIECE]\n        while rest:\n            if stream.eof:\n                raise ValueError("it is no joblib file: something follows its end")\n            yield stream.decompress(rest, PIECE)\n            rest = stream.unconsumed_tail or stream.unused_data\n', 'signing': '"""What a signature of a version is over, and whether one of its signatures counts here.\n\nThe record is what the server acts on when it runs a version\'s file: which version it is, the hash of the file, and\nits signature (features, output) as stored. Both sides build it by :func:`record`; docs/signing.md describes it.\n"""\n\nfrom __future__ import annotations\n\nimport json\nfrom collections.abc import Mapping, Sequence\nfrom decimal import Decimal\nfrom typing import Any\n\nfrom .protocol import Plpy\n\nDOMAIN = b"dbml-model-v1\\n"\n# The text of a public key: this, then 64 hexadecimal digits.\nSCHEME = "ed25519:"\n\nNO_CRYPTOGRAPHY = "DB001"\nUNSIGNED = "DB020"\nUNTRUSTED = "DB021"\nREVOKED = "DB022"\nINVALID = "DB023"\n\n\nclass NotTrusted(Exception):\n    """No signature of the version counts here.\n\n    :param sqlstate: tells why.\n    """\n\n    def __init__(self, message: str, sqlstate: str, hint: str) -> None:\n        super().__init__(message)\n        self.sqlstate = sqlstate\n        self.hint = hint\n\n\ndef record(model: str, version: int, sha256: str, signature: Mapping[str, Any]) -> bytes:\n    """Return what is signed: the domain, then JSON with sorted keys and without spaces, in UTF-8.\n\n    The signature reads the same before and after a trip through ``jsonb``, which keeps the value of a number and not\n    how it was written: a number without a fraction is written as an integer.\n    """\n    content = {"model": model, "version": version, "sha256": sha256, "signature": _plain(signature)}\n    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)\n    return DOMAIN + text.encode()\n\n\ndef _plain(value: Any) -> Any:\n    if isinstance(value, Mapping):\n        return {key: _plain(item) for key, item in value.items()}\n    if isinstance(value, (list, tuple)):\n        return [_plain(item) for item in value]\n    if isinstance(value, float) and value - value == 0.0:\n        number = Decimal(repr(value))\n        return int(number) if number == number.to_integral_value() else value\n    return value\n\n\ndef check(plpy: Plpy, model: str, version: int, sha256: str, signature: Mapping[str, Any]) -> None:\n    """Check that a key trusted here has signed this version.\n\n    :param sha256: of the file as it is stored now, not as the row says.\n    :raises NotTrusted: none has.\n    """\n    query = plpy.prepare(\n        "select s.public_key, s.signature, k.public_key is not null as known, k.revoked_at is not null as revoked, "\n        "       coalesce(k.owner, k.fingerprint) as owner "\n        "from dbml.version_signature s left join dbml.trusted_key k on k.public_key = s.public_key "\n        "where s.model = $1 and s.version = $2 order by s.signed_at, s.public_key",\n        ["text", "integer"],\n    )\n    judge(plpy.execute(query, [model, version]), model, version, sha256, signature)\n\n\ndef judge(\n    rows: Sequence[Mapping[str, Any]], model: str, version: int, sha256: str, signature: Mapping[str, Any]\n) -> None:\n    """Decide by the signatures that there are.\n\n    :param rows: ``public_key``, ``signature``, ``known``, ``revoked`` and ``owner`` of each.\n    :raises NotTrusted: none of them counts.\n    """\n    name = f"{model}@{version}"\n    again = f"Let somebody whose key is trusted add the file again, which signs it: dbml model add {model} FILE"\n    if not rows:\n        raise NotTrusted(f"nobody has signed {name}", UNSIGNED, again)\n    trusted = [row for row in rows if row["known"] and not row["revoked"]]\n    if not trusted:\n        for row in rows:\n            if row["revoked"]:\n                raise NotTrusted(f"the key of {row[\'owner\']}, who signed {name}, was revoked", REVOKED, again)\n        key = rows[0]["public_key"]\n        raise NotTrusted(\n            f"{name} is signed by a key that this database does not trust",\n            UNTRUSTED,\n            f"If its owner is to be trusted, an administrator says so: dbml key trust {key} --owner NAME",\n        )\n    message = record(model, version, sha256, signature)\n    if not any(_signed(row["public_key"], bytes(row["signature"]), message) for row in trusted):\n        raise NotTrusted(\n            f"the signature of {name} does not fit: its file, features, output, name or number is not what was signed",\n            INVALID,\n            f"Somebody has changed the row. Add the released file as a new version: dbml model add {model} FILE",\n        )\n\n\ndef _signed(public_key: str, signature: bytes, message: bytes) -> bool:\n    try:\n        from cryptography.exceptions import InvalidSignature\n        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey\n    except BaseException as error:\n        # Half an installation does not fail by ImportError: its compiled part panics.\n        raise NotTrusted(\n            f"signatures cannot be checked: the server\'s Python lacks the package cryptography ({error})",\n            NO_CRYPTOGRAPHY,\n            "On the server: apt-get install python3-cryptography, or pip install --target the folder that dbml install "\n            "--python-path names; dbml doctor tells what the server has.",\n        ) from error\n    try:\n        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key[len(SCHEME) :])).verify(signature, message)\n    except InvalidSignature:\n        return False\n    return True\n', 'models': '"""Stored versions that score many rows at once, loaded once a session: checked, one thread, a bounded number."""\n\nfrom __future__ import annotations\n\nimport hashlib\nimport io\nimport json\nimport time\nimport warnings\nfrom collections import OrderedDict\nfrom collections.abc import Sequence\nfrom dataclasses import dataclass\nfrom typing import Any, Union\n\nfrom . import compiled, frame, packages, plan, signing, unfold\nfrom .protocol import Plpy\n\nNumbers = Sequence["float | None"]\nTexts = Sequence["str | None"]\n\nCANNOT_SCORE = compiled.CANNOT_SCORE\nHINT = "dbml doctor tells what this server lacks; dbml model verify checks a version in it."\nLOADED_AT_MOST = 8\n# A version that will not load is not tried again for every row of a statement.\nSECONDS_UNTIL_RETRY = 1.0\n\n\nclass Refused(Exception):\n    """A row is not scored: the estimator refuses it, or cannot be loaded."""\n\n    def __init__(self, message: str, sqlstate: str = CANNOT_SCORE, hint: str = HINT) -> None:\n        super().__init__(message)\n        self.sqlstate = sqlstate\n        self.hint = hint\n\n\nclass LoadError(Refused):\n    """A stored version cannot be loaded in this server."""\n\n\n@dataclass(frozen=True)\nclass Estimator:\n    """A version of the engine ``python``, ready to score."""\n\n    name: str\n    signature: dict[str, Any]\n    estimator: Any\n\n    def score_many(self, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[float]:\n        """Score rows in one vectorised call for each kind of row; all or none.\n\n        :raises Refused: with the estimator\'s own reason.\n        """\n        answers = [0.0] * len(numbers)\n        try:\n            for indices, rows in frame.rows_to_input(self.signature, numbers, texts):\n                found = frame.scores(self.estimator, self.signature["output"], rows)\n                for index, answer in zip(indices, found.tolist()):\n                    answers[index] = answer\n        except BaseException as error:\n            # A model may even try to exit. A cancelled statement does not come this way: nothing here calls the server.\n            reason = " ".join(str(error).split())[:300] or type(error).__name__\n            raise Refused(f"{self.name} cannot score this row: {reason}") from error\n        return answers\n\n\n@dataclass(frozen=True)\nclass PlanInBatches:\n    """A version of the engine ``portable`` by numpy: for ensembles so large that a batch pays."""\n\n    plan: dict[str, Any]\n\n    def score_many(self, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> list[float]:\n        """Score rows in one vectorised call; all or none.\n\n        :raises Refused: a row is refused; its own call says why.\n        """\n        from . import batch\n\n        answers: list[float] = batch.score(self.plan, numbers, texts).tolist()\n        if any(answer != answer for answer in answers):\n            raise Refused("the plan refuses a row")\n        return answers\n\n\nModel = Union[Estimator, PlanInBatches]\n\n_Key = tuple[str, str]\n_loaded: OrderedDict[_Key, Model] = OrderedDict()\n_failed: dict[_Key, tuple[float, LoadError]] = {}\n_limits: list[Any] = []\n\n\ndef load(plpy: Plpy, fingerprint: str, engine: str) -> Model:\n    """Return a version, from the session\'s cache or from the table.\n\n    :param fingerprint: the plan\'s, or for the engine ``python`` what :func:`label` says.\n    :raises LoadError: unknown, corrupt, not signed by a trusted key, or a package is missing.\n    """\n    key = (fingerprint, engine)\n    model = _loaded.get(key)\n    if model is not None:\n        _loaded.move_to_end(key)\n        return model\n    failed = _failed.get(key)\n    if failed is not None and time.monotonic() - failed[0] < SECONDS_UNTIL_RETRY:\n        raise failed[1]\n    try:\n        model = _read_estimator(plpy, fingerprint) if engine == "python" else _read_plan(plpy, fingerprint)\n    except LoadError as error:\n        # Not the error itself: by its traceback it would keep the blob.\n        _failed[key] = (time.monotonic(), LoadError(str(error), error.sqlstate, error.hint))\n        raise\n    _failed.pop(key, None)\n    _loaded[key] = model\n    if len(_loaded) > LOADED_AT_MOST:\n        _loaded.popitem(last=False)\n    return model\n\n\ndef _read_plan(plpy: Plpy, fingerprint: str) -> PlanInBatches:\n    packages.prepare(plpy)\n    try:\n        from . import batch  # noqa: F401 - only to see that numpy is here\n\n        read = plan.loads(compiled.plan_text(plpy, fingerprint))\n    except ImportError as error:\n        raise LoadError(f"scoring in batches needs numpy in the server\'s Python: {error}") from error\n    except (compiled.Refused, plan.PlanError) as error:\n        raise LoadError(str(error)) from error\n    return PlanInBatches(read)\n\n\ndef label(model: str, version: int, fingerprint: str) -> str:\n    """What the engine ``python`` knows a version by, as ``dbml._scorer`` writes it.\n\n    A signature is for one name and number: the same file under another name is another version to load.\n    """\n    return f"{model}@{version} {fingerprint}"\n\n\ndef forget_estimators() -> None:\n    """Let every version of the engine ``python`` be loaded, and its signature be checked, anew."""\n    for key in [key for key, model in _loaded.items() if isinstance(model, Estimator)]:\n        del _loaded[key]\n    _failed.clear()\n\n\ndef _read_estimator(plpy: Plpy, labelled: str) -> Estimator:\n    name, _, fingerprint = labelled.partition(" ")\n    query = plpy.prepare(\n        "select v.model, v.version, v.signature, v.artifact "\n        "from dbml.model_version v where v.fingerprint = $1 and v.model || \'@\' || v.version = $2",\n        ["text", "text"],\n    )\n    rows = plpy.execute(query, [fingerprint, name])\n    if not rows:\n        raise LoadError(f"there is no stored {name} with the fingerprint {fingerprint}")\n    row = rows[0]\n    blob = bytes(row["artifact"])\n    packages.prepare(plpy)\n    # Before anything of the blob is looked at: to unpickle it is to run it.\n    try:\n        signature = json.loads(row["signature"])\n        signing.check(plpy, row["model"], row["version"], hashlib.sha256(blob).hexdigest(), signature)\n    except signing.NotTrusted as error:\n        raise LoadError(str(error), error.sqlstate, error.hint) from error\n    limit = plpy.execute("select l.unfolded from dbml._limits() l")[0]["unfolded"]\n    try:\n        unfold.check(blob, limit)\n    except (ValueError, ImportError) as error:\n        raise LoadError(f"the stored blob of {name} is not loaded: {error}") from error\n    try:\n        import joblib\n\n        with warnings.catch_warnings():\n            # Another scikit-learn than the model\'s was accepted, or refused, when the version was added.\n            warnings.simplefilter("ignore")\n            estimator = joblib.load(io.BytesIO(blob))\n        _limits[:] = [packages.limit_threads()]\n    except ImportError as error:\n        raise LoadError(f"{name} needs a Python package that this server lacks: {error}") from error\n    except BaseException as error:\n        raise LoadError(f"{name} does not load in this server: {type(error).__name__}: {error}") from error\n    _force_one_job(estimator)\n    return Estimator(name, signature, estimator)\n\n\ndef _force_one_job(estimator: Any) -> None:\n    """Set ``n_jobs`` to 1 on an estimator and on every fitted estimator inside it."""\n    seen: set[int] = set()\n    waiting: list[Any] = [estimator]\n    while waiting:\n        item = waiting.pop()\n        if id(item) in seen:\n            continue\n        seen.add(id(item))\n        if isinstance(item, dict):\n            waiting.extend(item.values())\n        elif isinstance(item, (list, tuple)):\n            waiting.extend(item)\n        elif hasattr(item, "get_params") and hasattr(item, "__dict__"):\n            if item.__dict__.get("n_jobs", 1) != 1:\n                item.n_jobs = 1\n            waiting.extend(item.__dict__.values())\n', 'scoring': '"""Scores rows: one at a time, or many in one vectorised call whose answers wait for the rows\' own calls.\n\nScoring is a pure function of the version and of one row\'s features. That is what makes :func:`prime` safe:\nit remembers answers by those two alone, so a remembered answer is the one that a call would give.\n"""\n\nfrom __future__ import annotations\n\nimport hashlib\nimport time\nfrom collections.abc import Sequence\n\nfrom . import compiled, models\nfrom .models import Refused\nfrom .protocol import Plpy\n\nNumbers = models.Numbers\nTexts = models.Texts\n\n# One vectorised call scores at most so many rows, and fewer of a model that would take longer over them:\n# a cancelled statement can end only between two calls.\nROWS_IN_A_CALL = 4096\nSECONDS_IN_A_CALL = 0.1\n# Of a model that this session has not timed yet.\nROWS_IN_THE_FIRST_CALL = 32\nREMEMBERED_AT_MOST = 65_536\n# Below, a session\'s first import of numpy costs more than a compiled plan\'s own calls.\nROWS_THAT_PAY = 1000\n# A refused row spoils its whole call; halving finds it, and gives up where most rows are refused: so many calls\n# for each ROWS_IN_A_CALL.\nCALLS_TO_ISOLATE_AT_MOST = 64\nVERSIONS_TIMED_AT_MOST = 64\n\n# So many single scores in a row are taken for the start of a scan.\nMISSES_BEFORE_READING_AHEAD = 4\n# Reading ahead has paid when this many of the rows were then asked for; otherwise it waits ever longer.\nHITS_THAT_PAY = 64\n\n# Profile, depth of triggers, and time of a statement.\nStatement = tuple[int, int, str]\n\n_remembered: dict[bytes, float] = {}\n# How many rows of a version one call takes.\n_rows_in_a_call: dict[tuple[str, str], int] = {}\n\n\nclass _Written:\n    """What is known of the rows that a statement writes to a profile."""\n\n    def __init__(self) -> None:\n        self.scored = 0\n        self.waiting: dict[tuple[str, ...], None] = {}\n\n\n_written: dict[Statement, _Written] = {}\n# The statement that scores the rows that waited: what is refused there must not wait once more.\n_finishing: list[Statement] = []\n\n\nclass _Scan:\n    """What is known of the scan going on in this session."""\n\n    misses = 0\n    hits = HITS_THAT_PAY\n    patience = MISSES_BEFORE_READING_AHEAD\n\n\ndef score(plpy: Plpy, fingerprint: str, numbers: Numbers, texts: Texts) -> float:\n    """Score one row with a stored artifact.\n\n    :raises Refused: with the estimator\'s own reason.\n    """\n    if _remembered:\n        answer = _remembered.get(_key(fingerprint, numbers, texts))\n        if answer is not None:\n            return answer\n    return score_many(plpy, fingerprint, "python", [numbers], [texts])[0]\n\n\ndef score_in_bulk(\n    plpy: Plpy, fingerprint: str, numbers: Numbers, texts: Texts, statement: Statement, entity: Sequence[str]\n) -> float | None:\n    """Score a row that a statement writes; after a few that nobody has primed, let the others wait.\n\n    :returns: None for a row that :func:`take_waiting` will return at the end of the statement.\n    :raises Refused: with the estimator\'s own reason.\n    """\n    answer = _remembered.get(_key(fingerprint, numbers, texts)) if _remembered else None\n    if answer is not None:\n        return answer\n    # A statement that failed has left its own behind: another one at its depth has another time.\n    for other in [s for s in _written if s[1] >= statement[1] and s != statement]:\n        del _written[other]\n    rows = _written.setdefault(statement, _Written())\n    rows.scored += 1\n    if rows.scored > MISSES_BEFORE_READING_AHEAD and statement not in _finishing:\n        rows.waiting[tuple(entity)] = None\n        return None\n    return score_many(plpy, fingerprint, "python", [numbers], [texts])[0]\n\n\ndef take_waiting(statement: Statement) -> list[list[str]]:\n    """Return the keys of the rows that wait for the end of a statement, and forget them.\n\n    The statement that scores them now is a deeper one; its rows do not wait again.\n    """\n    rows = _written.pop(statement, None)\n    if not rows or not rows.waiting:\n        return []\n    profile, depth, time = statement\n    _finishing[:] = [(profile, depth + 1, time)]\n    return [list(entity) for entity in rows.waiting]\n\n\ndef score_ahead(\n    plpy: Plpy,\n    fingerprint: str,\n    engine: str,\n    numbers: Numbers,\n    texts: Texts,\n    profile: int,\n    entity: Sequence[str],\n) -> float:\n    """Score a stored row; when a query goes on asking, score the rows behind it in the same call.\n\n    A query calls once for each row, and an estimator takes as long for one row as for thousands.\n\n    :param profile: number of the attached table.\n    :param entity: the row\'s key.\n    :raises Refused: with the estimator\'s own reason.\n    """\n    key = _key(fingerprint, numbers, texts)\n    answer = _remembered.get(key)\n    if answer is not None:\n        _Scan.misses = 0\n        _Scan.hits += 1\n        return answer\n    _Scan.misses += 1\n    if _Scan.misses > _Scan.patience:\n        paid = _Scan.hits >= HITS_THAT_PAY\n        _Scan.patience = MISSES_BEFORE_READING_AHEAD if paid else min(_Scan.patience * 4, ROWS_IN_A_CALL)\n        _Scan.misses = _Scan.patience if paid else 0\n        _Scan.hits = 0\n        plan = plpy.prepare("select dbml._read_ahead($1, $2)", ["integer", "text[]"])\n        plpy.execute(plan, [profile, list(entity)])\n        answer = _remembered.get(key)\n        if answer is not None:\n            return answer\n    return _one(plpy, fingerprint, engine, numbers, texts)\n\n\ndef _one(plpy: Plpy, fingerprint: str, engine: str, numbers: Numbers, texts: Texts) -> float:\n    if engine == "portable":\n        try:\n            return compiled.of(plpy, fingerprint)(numbers, texts)\n        except compiled.Refused as error:\n            raise Refused(compiled.refusal(plpy, fingerprint, error)) from error\n    return score_many(plpy, fingerprint, engine, [numbers], [texts])[0]\n\n\ndef score_many(\n    plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Numbers], texts: Sequence[Texts]\n) -> list[float]:\n    """Score rows in one vectorised call for each kind of row; all or none.\n\n    :raises Refused: with the estimator\'s own reason.\n    """\n    return models.load(plpy, fingerprint, engine).score_many(numbers, texts)\n\n\ndef prime(plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Numbers], texts: Sequence[Texts]) -> int:\n    """Score many rows and remember the answers until the next priming outgrows the bound.\n\n    Rows that the estimator refuses are left out: their own call raises the reason.\n\n    :returns: the number of rows remembered.\n    """\n    rows = max(len(numbers), len(texts))\n    numbers = numbers or [[]] * rows\n    texts = texts or [[]] * rows\n    if engine == "portable" and rows < ROWS_THAT_PAY:\n        return 0\n    if len(_remembered) + rows > REMEMBERED_AT_MOST:\n        _remembered.clear()\n    try:\n        models.load(plpy, fingerprint, engine)\n    except models.LoadError:\n        return 0\n    scored = start = 0\n    to_isolate = CALLS_TO_ISOLATE_AT_MOST * -(-rows // ROWS_IN_A_CALL)\n    while start < rows:\n        whole = (start, min(start + _rows_in_a_call.get((fingerprint, engine), ROWS_IN_THE_FIRST_CALL), rows))\n        waiting = [whole]\n        start = whole[1]\n        while waiting:\n            first, end = waiting.pop()\n            # The trip into the server lets a cancelled statement end here.\n            plpy.execute("select")\n            began = time.monotonic()\n            try:\n                answers = score_many(plpy, fingerprint, engine, numbers[first:end], texts[first:end])\n            except Refused:\n                if end - first > 1 and to_isolate > 0:\n                    to_isolate -= 2\n                    middle = (first + end) // 2\n                    waiting += [(middle, end), (first, middle)]\n                continue\n            if (first, end) == whole:\n                _learn(fingerprint, engine, (time.monotonic() - began) / (end - first))\n            scored += end - first\n            for index, answer in enumerate(answers, first):\n                _remembered[_key(fingerprint, numbers[index], texts[index])] = answer\n    return scored\n\n\ndef forget_estimators() -> None:\n    """Forget what versions of the engine ``python`` have been loaded, and every answer."""\n    models.forget_estimators()\n    _remembered.clear()\n\n\ndef _learn(fingerprint: str, engine: str, seconds: float) -> None:\n    """See from the seconds that a row has taken how many rows the next call may take."""\n    if len(_rows_in_a_call) >= VERSIONS_TIMED_AT_MOST:\n        _rows_in_a_call.clear()\n    rows = int(SECONDS_IN_A_CALL / max(seconds, 1e-9))\n    _rows_in_a_call[fingerprint, engine] = max(1, min(rows, ROWS_IN_A_CALL))\n\n\ndef _key(fingerprint: str, numbers: Numbers, texts: Texts) -> bytes:\n    # repr tells -0.0 from 0.0 and None from "None", and is exact for every float.\n    return hashlib.blake2b(repr((fingerprint, numbers, texts)).encode(), digest_size=16).digest()\n', 'entrypoints': '"""What the SQL functions call: the only module that knows ``plpy``\'s ways of failing."""\n\nfrom __future__ import annotations\n\nimport json\nfrom collections.abc import Callable, Sequence\nfrom typing import Any\n\nfrom . import frame, models, packages, scoring, signing\nfrom .protocol import Plpy\n\nUNKNOWN_MODEL = "DB005"\n_started: set[str] = set()\n\n\ndef started(name: str) -> Callable[..., Any]:\n    """Return the function of this module that an SQL function calls from now on in this session.\n\n    When an SQL function begins a second time, it has been touched: that is how ``dbml.revoke_key`` tells open sessions\n    to look at signatures again, without a question for each row.\n    """\n    if name in _started:\n        scoring.forget_estimators()\n    _started.add(name)\n    function: Callable[..., Any] = globals()[name]\n    return function\n\n\ndef score(plpy: Plpy, fingerprint: str, numbers: Sequence[Any], texts: Sequence[Any]) -> float:\n    """Score one row, or raise SQLSTATE DB013."""\n    try:\n        return scoring.score(plpy, fingerprint, numbers, texts)\n    except models.Refused as error:\n        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)\n\n\ndef score_in_bulk(\n    plpy: Plpy,\n    fingerprint: str,\n    numbers: Sequence[Any],\n    texts: Sequence[Any],\n    statement: scoring.Statement,\n    entity: Sequence[str],\n) -> float | None:\n    """Score a row that a statement writes, or raise SQLSTATE DB013; None where it waits for the statement\'s end."""\n    try:\n        return scoring.score_in_bulk(plpy, fingerprint, numbers, texts, statement, entity)\n    except models.Refused as error:\n        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)\n\n\ndef waiting(statement: scoring.Statement) -> str | None:\n    """Return the keys of the rows that wait for the end of a statement, as JSON; they no longer do."""\n    entities = scoring.take_waiting(statement)\n    return json.dumps(entities) if entities else None\n\n\ndef score_ahead(\n    plpy: Plpy,\n    fingerprint: str,\n    engine: str,\n    numbers: Sequence[Any],\n    texts: Sequence[Any],\n    profile: int,\n    entity: Sequence[str],\n) -> float:\n    """Score one stored row, perhaps with those behind it, or raise SQLSTATE DB013."""\n    try:\n        return scoring.score_ahead(plpy, fingerprint, engine, numbers, texts, profile, entity)\n    except models.Refused as error:\n        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)\n\n\ndef prime(plpy: Plpy, fingerprint: str, engine: str, numbers: Sequence[Any] | None, texts: Sequence[Any] | None) -> int:\n    """Score many rows at once for the calls that follow; returns the rows remembered."""\n    return scoring.prime(plpy, fingerprint, engine, numbers or [], texts or [])\n\n\ndef verify(plpy: Plpy, model: str, version: int) -> dict[str, Any]:\n    """Compare golden rows, scored here, with the estimator\'s own answers.\n\n    :returns: ``rows``, ``differing`` (by more than 1e-9), ``largest_difference``, ``worst_row`` (from 0) and\n        ``error``, the reason where they could not be scored at all.\n    """\n    plan = plpy.prepare(\n        "select v.fingerprint, v.signature, v.golden from dbml.model_version v where v.model = $1 and v.version = $2",\n        ["text", "integer"],\n    )\n    rows = plpy.execute(plan, [model, version])\n    if not rows:\n        plpy.error(\n            f"there is no {model}@{version}",\n            hint="dbml model list shows what there is",\n            sqlstate=UNKNOWN_MODEL,\n        )\n    labelled = models.label(model, version, rows[0]["fingerprint"])\n    golden = json.loads(rows[0]["golden"])\n    expected = golden["scores"]\n    report: dict[str, Any] = {\n        "rows": len(expected),\n        "differing": 0,\n        "largest_difference": 0.0,\n        "worst_row": None,\n        "error": None,\n    }\n    try:\n        models.load(plpy, labelled, "python")  # and its signature is checked, before features are taken from the row\n        numbers, texts = frame.to_wire(json.loads(rows[0]["signature"]), golden["rows"])\n        together = scoring.score_many(plpy, labelled, "python", numbers, texts)\n        # A row alone and the row among others: both ways are used.\n        alone = scoring.score_many(plpy, labelled, "python", numbers[:1], texts[:1])\n    except models.Refused as error:\n        if error.sqlstate != models.CANNOT_SCORE:\n            plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)\n        return report | {"differing": len(expected), "error": str(error)}\n    together[:1] = [max(together[0], alone[0], key=lambda answer: abs(answer - expected[0]))]\n    for index, (answer, truth) in enumerate(zip(together, expected)):\n        difference = abs(answer - truth)\n        if not difference <= 1e-9:\n            report["differing"] += 1\n        if report["worst_row"] is None or not difference <= report["largest_difference"]:\n            report["largest_difference"] = difference\n            report["worst_row"] = index\n    return report\n\n\ndef verify_signature(plpy: Plpy, model: str, version: int) -> None:\n    """Check that a trusted key has signed a version, or raise the SQLSTATE that tells why not."""\n    plan = plpy.prepare(\n        "select pg_catalog.encode(pg_catalog.sha256(v.artifact), \'hex\') as sha256, v.signature "\n        "from dbml.model_version v where v.model = $1 and v.version = $2",\n        ["text", "integer"],\n    )\n    row = plpy.execute(plan, [model, version])[0]\n    packages.prepare(plpy)\n    try:\n        signing.check(plpy, model, version, row["sha256"], json.loads(row["signature"]))\n    except signing.NotTrusted as error:\n        plpy.error(str(error), hint=error.hint, sqlstate=error.sqlstate)\n'}
namespace = {"__name__": "dbml_loader"}; exec(sources["loader"], namespace)
namespace["register"]("dbml_runtime_fa93be1c20db50d5", sources)
$_$;


ALTER FUNCTION dbml._load_runtime() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._load_runtime() IS 'Registers the Python runtime dbml_runtime_fa93be1c20db50d5 in this session.';


CREATE FUNCTION dbml._mark_parallel(profile integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


ALTER FUNCTION dbml._mark_parallel(profile integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._mark_parallel(profile integer) IS 'Lets queries that score a profile run in parallel where only the engine sql serves it.';


CREATE FUNCTION dbml._measure(model text, version integer, engine text, OUT cold_us double precision, OUT warm_us double precision, OUT memory_kb double precision, OUT in_batches boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
declare
  scorer dbml.scorer := dbml._scorer(model, version, engine);
  one record;
  memory float8 := dbml._session_memory();
  started timestamptz;
  -- An estimator takes milliseconds for a row.
  repeats integer := case scorer.engine when 'python' then 1 else 20 end;
  rows_at_most integer := case scorer.engine when 'python' then 20 else 200 end;
  measured bigint;
  -- Below, a batch does not pay for the import of numpy.
  slow_us constant float8 := 30;
  query text;
  call text;
  reading interval;
  scoring interval;
begin
  select * into one from dbml._golden_rows(model, version) g where not g.hurtful limit 1;
  started := clock_timestamp();
  perform dbml._score_arrays(scorer, one.numbers, one.texts);
  cold_us := extract(epoch from clock_timestamp() - started) * 1e6;
  -- Reading the rows is no part of scoring them: it is timed alone and taken off.
  query := format(
    'with golden as materialized ('
    '  select %s from dbml._golden_rows($1, $2) g where not g.hurtful limit $3) '
    'select %%s from golden cross join generate_series(1, $4)',
    (select string_agg(input, ', ')
       from (select format('g.numbers[%s] as n%s', i, i - 1) from generate_series(1, cardinality(one.numbers)) i
              union all
             select format('g.texts[%s] as t%s', i, i - 1) from generate_series(1, cardinality(one.texts)) i) u(input)));
  call := dbml._scorer_call(scorer,
    array(select format('n%s', i - 1) from generate_series(1, cardinality(one.numbers)) i),
    array(select format('t%s', i - 1) from generate_series(1, cardinality(one.texts)) i));
  -- The least of three: what else the machine does only ever adds.
  for attempt in 1..3 loop
    started := clock_timestamp();
    execute format(query, 'count(*)') into measured using model, version, rows_at_most, repeats;
    reading := least(reading, clock_timestamp() - started);
    started := clock_timestamp();
    execute format(query, format('count(%s)', call)) into measured using model, version, rows_at_most, repeats;
    scoring := least(scoring, clock_timestamp() - started);
  end loop;
  warm_us := greatest(0.1, extract(epoch from scoring - reading) * 1e6 / measured);
  memory_kb := dbml._session_memory() - memory;
  in_batches := engine = 'python';
  if engine = 'portable' and warm_us > slow_us then
    started := clock_timestamp();
    execute format(
      'select dbml._prime($1, $2, %s, %s) from dbml._golden_rows($3, $4) g cross join generate_series(1, 2000) '
      ' where g.place = $5',
      case cardinality(one.numbers) when 0 then '''{}''' else 'array_agg(g.numbers)' end,
      case cardinality(one.texts) when 0 then '''{}''' else 'array_agg(g.texts)' end)
      into measured using scorer.fingerprint, engine, model, version, one.place;
    -- None are scored where there is no numpy.
    in_batches := measured = 2000 and extract(epoch from clock_timestamp() - started) * 1e6 / 2000 < warm_us / 2;
  end if;
end
$_$;


ALTER FUNCTION dbml._measure(model text, version integer, engine text, OUT cold_us double precision, OUT warm_us double precision, OUT memory_kb double precision, OUT in_batches boolean) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._measure(model text, version integer, engine text, OUT cold_us double precision, OUT warm_us double precision, OUT memory_kb double precision, OUT in_batches boolean) IS 'Measures what a score of a version costs by an engine.';


CREATE FUNCTION dbml._not_deployed(model text) RETURNS double precision
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception 'model % has no deployed version here', quote_literal(model)
    using errcode = 'DB005', hint = format('Deploy one: dbml deploy %s@VERSION; dbml model list shows what there is', model);
end
$$;


ALTER FUNCTION dbml._not_deployed(model text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._not_deployed(model text) IS 'What score() of a model without a deployment comes to.';


CREATE FUNCTION dbml._plan(model text, version integer) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select v.plan::text from dbml.model_version v where v.model = _plan.model and v.version = _plan.version
$$;


ALTER FUNCTION dbml._plan(model text, version integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._plan(model text, version integer) IS 'The plan of a version as it was stored; NULL where it has none.';


CREATE FUNCTION dbml._prepare(model text, version integer, engine text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  stored dbml.model_version;
begin
  select * into strict stored from dbml.model_version v where v.model = _prepare.model and v.version = _prepare.version;
  perform dbml._check_signature(model, version, engine);
  if engine = 'portable' then
    perform dbml._compile(stored.fingerprint);
  elsif engine = 'sql' then
    -- The pinned search_path keeps it from being inlined: it is for the rare row.
    execute format(
      'create or replace function %s(numbers float8[], texts text[]) returns float8 language sql stable parallel safe '
      'security definer set search_path = pg_catalog, pg_temp as %L',
      dbml._careful_scorer(model, version),
      'select ' || dbml._filled(
        stored.careful_expression,
        array(select format('numbers[%s]', i) from generate_series(1, jsonb_array_length(stored.signature -> 'features')) i),
        array(select format('texts[%s]', i) from generate_series(1, jsonb_array_length(stored.signature -> 'features')) i)));
    execute format('comment on function %s(float8[], text[]) is %L', dbml._careful_scorer(model, version),
      format('Scores the rows that %s@%s cannot score by plain arithmetic.', model, version));
    execute format('grant execute on function %s(float8[], text[]) to dbml_analyst', dbml._careful_scorer(model, version));
  end if;
end
$$;


ALTER FUNCTION dbml._prepare(model text, version integer, engine text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._prepare(model text, version integer, engine text) IS 'Makes what an engine needs in this server to score a stored version.';


CREATE FUNCTION dbml._prime(fingerprint text, engine text, numbers double precision[], texts text[]) RETURNS integer
    LANGUAGE plpython3u STABLE SECURITY DEFINER COST 100000
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("prime")
return SD["run"](plpy, fingerprint, engine, numbers, texts)
$$;


ALTER FUNCTION dbml._prime(fingerprint text, engine text, numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._prime(fingerprint text, engine text, numbers double precision[], texts text[]) IS 'Scores many rows in one vectorised call and remembers the answers for the rows'' own calls; returns their number.';


CREATE FUNCTION dbml._read_ahead(profile integer, entity text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  execute format('select dbml_scorer.%I($1)', format('profile_%s_read_ahead', profile)) using entity;
end
$_$;


ALTER FUNCTION dbml._read_ahead(profile integer, entity text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._read_ahead(profile integer, entity text[]) IS 'Scores the rows that lie behind an entity''s in its table, for the calls that are about to ask for them.';


CREATE FUNCTION dbml._record_failure(profile integer, model text, version integer, entity text[], state text, message text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET client_min_messages TO 'warning'
    AS $$
begin
  message := regexp_replace(message, '^plpy\.Error: ', '');
  -- The log keeps it when the transaction, and with it the row below, is rolled back.
  raise log 'dbml: %@% could not score % of %: % (%)', model, version, entity,
    (select p.relation from dbml.profile p where p.id = profile), message, state;
  insert into dbml.failure as f (profile, model, entity, version, sqlstate, message)
  select p.id, _record_failure.model, _record_failure.entity,
         _record_failure.version, _record_failure.state, left(_record_failure.message, 1000)
    from dbml.profile p
   -- While data is restored into a schema that is there already, dbml's own tables may still be empty.
   where p.id = _record_failure.profile
  on conflict on constraint failure_pkey do update
     set version = excluded.version, failed_at = excluded.failed_at,
         sqlstate = excluded.sqlstate, message = excluded.message;
  -- After the row, whose table stays locked: see _forget_failures.
  perform nextval('dbml.failures');
end
$$;


ALTER FUNCTION dbml._record_failure(profile integer, model text, version integer, entity text[], state text, message text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._record_failure(profile integer, model text, version integer, entity text[], state text, message text) IS 'Queues an entity that could not be scored, and writes the reason to the server log.';


CREATE FUNCTION dbml._refuse(reason text) RETURNS double precision
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception '%', reason using errcode = 'DB013';
end
$$;


ALTER FUNCTION dbml._refuse(reason text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._refuse(reason text) IS 'What the score of a row that the estimator refuses comes to.';


CREATE FUNCTION dbml._refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception '% of dbml.model_version is refused: a stored version never changes', tg_op
    using errcode = 'DB006', hint = 'Add the changed model as a new version: dbml model add NAME FILE';
end
$$;


ALTER FUNCTION dbml._refuse_change() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._refuse_change() IS 'Keeps stored versions immutable.';


CREATE FUNCTION dbml._refuse_row(model text, version integer, engine text, state text, message text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET client_min_messages TO 'warning'
    AS $$
begin
  if state = 'DB013' and engine <> 'python' then
    raise exception '%', regexp_replace(message, '^plpy\.Error: ', '')
      using errcode = state, hint = 'dbml model show tells what it takes.';
  end if;
  raise log 'dbml: %@% could not score a row: % (%)', model, version, message, state;
  raise exception '%@% cannot score a row of this statement', model, version
    using errcode = state, hint = 'The server''s log has the reason; it may show the row.';
end
$$;


ALTER FUNCTION dbml._refuse_row(model text, version integer, engine text, state text, message text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._refuse_row(model text, version integer, engine text, state text, message text) IS 'Fails a statement because a row cannot be scored, without showing the row.';


CREATE FUNCTION dbml._remove_version(model text, version integer, sha256 text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  stored record;
begin
  perform pg_advisory_xact_lock(hashtextextended('dbml.model ' || model, 0));
  select v.version, v.fingerprint, v.migrated into stored
    from dbml.model_version v
   where v.model = _remove_version.model
     and v.sha256 = _remove_version.sha256
     and v.version = coalesce(_remove_version.version, v.version)
   order by v.migrated desc, v.version desc
   limit 1;
  if stored.version is null then
    raise exception 'no version of % has sha256 %', model, sha256
      using errcode = 'DB005', hint = format('dbml model list %s shows what there is', model);
  end if;
  if not stored.migrated then
    return false;
  end if;
  if (dbml._deployed(model)).version = stored.version then
    raise exception '%@% is deployed', model, stored.version
      using errcode = 'DB012', hint = 'Take its deployment back first: op.undeploy_model, or dbml deploy another.';
  end if;
  delete from dbml.deployment d where d.model = _remove_version.model and d.version = stored.version;
  delete from dbml.bytecode b where b.fingerprint = stored.fingerprint;
  delete from dbml.model_version v where v.model = _remove_version.model and v.version = stored.version;
  if not exists (select from dbml.model_version v where v.model = _remove_version.model) then
    delete from dbml.deployment d where d.model = _remove_version.model;
  end if;
  execute format('drop function if exists %s(float8[], text[])', dbml._careful_scorer(model, stored.version));
  return true;
end
$$;


ALTER FUNCTION dbml._remove_version(model text, version integer, sha256 text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._remove_version(model text, version integer, sha256 text) IS 'Removes a version that a migration added and its deployments; one that was there before stays.';


CREATE FUNCTION dbml._rescore_batch(profile integer, model text, after text[], rows integer, every boolean, stale boolean, OUT scored bigint, OUT reached text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  execute format('select * from dbml_scorer.%I($1, $2, $3, $4, $5, $6)', format('profile_%s_rescore', profile))
     into scored, reached
    -- A feature that is an expression may change with the time alone: no version can tell that it has.
    using model, (dbml._deployed(model)).version, after, rows,
          every or exists (select from dbml.prediction r
                            where r.profile = _rescore_batch.profile and r.model = _rescore_batch.model and r.features <> '{}'),
          stale;
end
$_$;


ALTER FUNCTION dbml._rescore_batch(profile integer, model text, after text[], rows integer, every boolean, stale boolean, OUT scored bigint, OUT reached text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._rescore_batch(profile integer, model text, after text[], rows integer, every boolean, stale boolean, OUT scored bigint, OUT reached text[]) IS 'Scores the next rows of one profile behind a key anew; returns how many, and the key they reached, NULL at the end.';


CREATE FUNCTION dbml._rescore_profile(profile integer, model text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  total bigint := 0;
  batch record;
  after text[];
begin
  loop
    select * into batch from dbml._rescore_batch(profile, model, after, 4096, true, false);
    total := total + batch.scored;
    after := batch.reached;
    exit when after is null;
  end loop;
  return total;
end
$$;


ALTER FUNCTION dbml._rescore_profile(profile integer, model text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._rescore_profile(profile integer, model text) IS 'Scores every row of one profile anew, in batches.';


CREATE FUNCTION dbml._resident_memory() RETURNS double precision
    LANGUAGE plpython3u SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
try:
    with open("/proc/self/statm") as statm: return int(statm.read().split()[1]) * 4.0
except OSError: return None
$$;


ALTER FUNCTION dbml._resident_memory() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._resident_memory() IS 'Kilobytes of memory of this session''s process; NULL where Linux''s /proc is not there.';


CREATE FUNCTION dbml._run_portable(fingerprint text, numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE plpython3u STABLE COST 1000
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_compiled()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.compiled", fromlist=["score"]).score
return SD["run"](plpy, fingerprint, numbers, texts)
$$;


ALTER FUNCTION dbml._run_portable(fingerprint text, numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._run_portable(fingerprint text, numbers double precision[], texts text[]) IS 'Scores one row with the function compiled from a stored plan, under the rights and the search_path of the caller.';


CREATE FUNCTION dbml._score_ahead(fingerprint text, engine text, numbers double precision[], texts text[], profile integer, entity text[]) RETURNS double precision
    LANGUAGE plpython3u STABLE SECURITY DEFINER COST 10000
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("score_ahead")
return SD["run"](plpy, fingerprint, engine, numbers, texts, profile, entity)
$$;


ALTER FUNCTION dbml._score_ahead(fingerprint text, engine text, numbers double precision[], texts text[], profile integer, entity text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_ahead(fingerprint text, engine text, numbers double precision[], texts text[], profile integer, entity text[]) IS 'Scores one stored row; a query that goes on asking has the rows after it scored in the same call.';


CREATE FUNCTION dbml._score_arrays(version dbml.scorer, numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  result float8;
begin
  execute 'select ' || dbml._scorer_call(version,
    array(select format('$1[%s]', i) from generate_series(1, cardinality(numbers)) i),
    array(select format('$2[%s]', i) from generate_series(1, cardinality(texts)) i))
    into result using numbers, texts;
  return result;
end
$_$;


ALTER FUNCTION dbml._score_arrays(version dbml.scorer, numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_arrays(version dbml.scorer, numbers double precision[], texts text[]) IS 'Scores one row of loose values.';


CREATE FUNCTION dbml._score_in_bulk(fingerprint text, numbers double precision[], texts text[], profile integer, depth integer, statement timestamp with time zone, entity text[]) RETURNS double precision
    LANGUAGE plpython3u SECURITY DEFINER COST 100000
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("score_in_bulk")
return SD["run"](plpy, fingerprint, numbers, texts, (profile, depth, statement), entity)
$$;


ALTER FUNCTION dbml._score_in_bulk(fingerprint text, numbers double precision[], texts text[], profile integer, depth integer, statement timestamp with time zone, entity text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_in_bulk(fingerprint text, numbers double precision[], texts text[], profile integer, depth integer, statement timestamp with time zone, entity text[]) IS 'Scores a row that a statement writes; NULL for the later ones of many, which wait for the statement''s end.';


CREATE FUNCTION dbml._score_named(version dbml.scorer, named jsonb) RETURNS double precision
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return dbml._score_arrays(version,
    array(select case named ->> (f.item ->> 'name') when 'true' then 1 when 'false' then 0
                 else (named ->> (f.item ->> 'name'))::float8 end
            from jsonb_array_elements(version.signature -> 'features') with ordinality f(item, i)
           where f.item ->> 'kind' <> 'text'
           order by f.i),
    array(select named ->> (f.item ->> 'name')
            from jsonb_array_elements(version.signature -> 'features') with ordinality f(item, i)
           where f.item ->> 'kind' = 'text'
           order by f.i));
exception when query_canceled then
  raise;
when others then
  return null;
end
$$;


ALTER FUNCTION dbml._score_named(version dbml.scorer, named jsonb) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_named(version dbml.scorer, named jsonb) IS 'Scores one row of values by name; NULL where it is refused.';


CREATE FUNCTION dbml._score_portable(fingerprint text, numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE plpython3u STABLE SECURITY DEFINER COST 1000
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_compiled()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.compiled", fromlist=["score"]).score
return SD["run"](plpy, fingerprint, numbers, texts)
$$;


ALTER FUNCTION dbml._score_portable(fingerprint text, numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_portable(fingerprint text, numbers double precision[], texts text[]) IS 'Scores one row with the function compiled from a stored plan.';


CREATE FUNCTION dbml._score_python(fingerprint text, numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE plpython3u STABLE SECURITY DEFINER COST 100000
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("score")
return SD["run"](plpy, fingerprint, numbers, texts)
$$;


ALTER FUNCTION dbml._score_python(fingerprint text, numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._score_python(fingerprint text, numbers double precision[], texts text[]) IS 'Scores one row with a stored artifact.';


CREATE FUNCTION dbml._scorer(model text, version integer, engine text DEFAULT NULL::text) RETURNS dbml.scorer
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  -- The engine python loads a version by its name too: that is what is signed.
  select row(v.model, v.version, e.engine,
             case e.engine when 'python' then v.model || '@' || v.version || ' ' else '' end || v.fingerprint, v.signature, v.expression,
             e.engine = 'python' or e.engine = 'portable' and (v.cost -> 'portable' ->> 'in_batches')::boolean)::dbml.scorer
    from dbml.model_version v
   cross join lateral (select coalesce(_scorer.engine, v.engine) as engine) e
   where v.model = _scorer.model and v.version = _scorer.version
$$;


ALTER FUNCTION dbml._scorer(model text, version integer, engine text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._scorer(model text, version integer, engine text) IS 'What scoring with a version needs; by another engine than the one it was given, where that is named.';


CREATE FUNCTION dbml._scorer_call(version dbml.scorer, numbers text[], texts text[]) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case version.engine
    when 'sql' then format('coalesce(%s, %s)', dbml._filled(version.expression, numbers, texts),
                           dbml._careful_call(version, numbers, texts))
    when 'portable' then format('dbml._score_portable(%L, %s)', version.fingerprint, dbml._arrays(numbers, texts))
    when 'python' then format('dbml._score_python(%L, %s)', version.fingerprint, dbml._arrays(numbers, texts))
  end
$$;


ALTER FUNCTION dbml._scorer_call(version dbml.scorer, numbers text[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._scorer_call(version dbml.scorer, numbers text[], texts text[]) IS 'The SQL expression by which a version scores: one SQL expression for each of its numbers and texts goes in.';


CREATE FUNCTION dbml._session_memory() RETURNS double precision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  kilobytes float8;
begin
  if to_regprocedure('dbml._resident_memory()') is not null then
    execute 'select dbml._resident_memory()' into kilobytes;
  else
    select sum(c.total_bytes) / 1024.0 into kilobytes from pg_backend_memory_contexts c;
  end if;
  return kilobytes;
exception when insufficient_privilege then
  return null;
end
$$;


ALTER FUNCTION dbml._session_memory() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._session_memory() IS 'Kilobytes that this session holds; NULL where it may not be known.';


CREATE FUNCTION dbml._start_rescore(model text, stale boolean) RETURNS TABLE(profile integer, name text, rows bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  attached dbml.profile;
begin
  perform pg_advisory_xact_lock(hashtextextended('dbml.deploy ' || model, 0));
  if (dbml._deployed(model)).model is null then
    perform dbml._not_deployed(model);
  end if;
  for attached in
    select p.*
      from dbml.profile p
      join dbml.prediction r on r.profile = p.id
     where r.model = _start_rescore.model
     order by p.id
  loop
    -- Open sessions may hold plans for types that columns no longer have: new functions make them plan anew.
    perform dbml._bind(attached.id);
    if stale then
      select count(*) into rows
        from dbml.failure f
       where f.profile = attached.id and f.model = _start_rescore.model;
    else
      perform dbml._follow_windows(attached.id);
      select greatest(sum(c.reltuples), 0)::bigint into rows
        from pg_class c
       where c.oid = attached.relation
          or c.oid in (select t.relid from pg_partition_tree(attached.relation) t);
    end if;
    profile := attached.id;
    name := attached.relation::text;
    return next;
  end loop;
end
$$;


ALTER FUNCTION dbml._start_rescore(model text, stale boolean) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._start_rescore(model text, stale boolean) IS 'Makes the profiles of a model ready to be scored anew; returns each with about how many rows it has.';


CREATE FUNCTION dbml._unbounded(x anyelement) RETURNS anyelement
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$select x$$;


ALTER FUNCTION dbml._unbounded(x anyelement) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._unbounded(x anyelement) IS 'The number itself: its type does not bound it enough, or lets it be NaN.';


CREATE FUNCTION dbml._unbounded(x smallint) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$select 0::smallint$$;


ALTER FUNCTION dbml._unbounded(x smallint) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._unbounded(x smallint) IS '0: the type bounds it.';


CREATE FUNCTION dbml._unbounded(x integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$select 0$$;


ALTER FUNCTION dbml._unbounded(x integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._unbounded(x integer) IS '0: the type bounds it.';


CREATE FUNCTION dbml._undeploy(model text, version integer, note text, rescore boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  serving integer;
  earlier integer;
  attached record;
begin
  perform pg_advisory_xact_lock(hashtextextended('dbml.deploy ' || model, 0));
  serving := (dbml._deployed(model)).version;
  if serving is distinct from version then
    raise exception '%@% does not serve, % does', model, version, coalesce(model || '@' || serving, 'no version')
      using errcode = 'DB005',
            hint = format('Somebody has deployed since. Deploy it again first: dbml deploy %s@%s', model, version);
  end if;
  -- The newest deployment of another version; this one may have been deployed several times in a row.
  select d.version into earlier
    from dbml.deployment d
   where d.model = _undeploy.model and d.version is distinct from _undeploy.version
   order by d.id desc
   limit 1;
  if earlier is not null then
    perform dbml.deploy(model, earlier, note);
    if rescore then
      perform dbml.rescore(model);
    end if;
    return;
  end if;
  insert into dbml.deployment (model, note) values (_undeploy.model, _undeploy.note);
  for attached in
    select p.id, p.relation, r.column_name, r.version_column, r.scored_at_column
      from dbml.prediction r
      join dbml.profile p on p.id = r.profile
     where r.model = _undeploy.model
     order by p.id
  loop
    perform dbml._bind(attached.id);
    delete from dbml.failure f where f.profile = attached.id and f.model = _undeploy.model;
    if rescore then
      execute format('update %s p set %s where p.%I is not null', attached.relation,
        (select string_agg(format('%I = null', c), ', ')
           from unnest(array[attached.column_name, attached.version_column, attached.scored_at_column]) c
          where c is not null),
        attached.column_name);
    end if;
  end loop;
end
$$;


ALTER FUNCTION dbml._undeploy(model text, version integer, note text, rescore boolean) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._undeploy(model text, version integer, note text, rescore boolean) IS 'Takes the deployment of a serving version back: what served before it serves again.';


CREATE FUNCTION dbml._verify(model text, version integer, engine text, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  scorer dbml.scorer := dbml._scorer(model, version, engine);
begin
  if scorer.model is null then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005', hint = 'dbml model list shows what there is';
  end if;
  if scorer.engine = 'python' then
    -- In one vectorised call: an estimator takes as long for one row as for all.
    execute 'select * from dbml._verify_python($1, $2)' using model, version
      into rows, differing, largest_difference, worst_row, error;
    return;
  end if;
  with compared as (
    select a.*,
           abs(a.answer - a.expected) as difference,
           -- The bound of dbml.scorer.parity; a refused row has no score.
           case when a.expected is null or a.answer is null then a.expected is null and a.answer is null
                else abs(a.answer - a.expected) <= 1e-9 + 1e-12 * abs(a.expected) end as agrees
      from dbml._answers(scorer) a
  ), worst as (
    select c.* from compared c order by c.agrees, c.difference desc nulls first, c.place limit 1
  )
  select c.rows, c.differing, c.largest, case when not w.agrees or w.difference > 0 then w.place end,
         case when not w.agrees and w.expected is null then 'an answer where the estimator refuses'
              when not w.agrees and w.answer is null then w.reason end
    into rows, differing, largest_difference, worst_row, error
    from (select count(*) as rows, count(*) filter (where not agrees) as differing,
                 coalesce(max(difference), 0) as largest from compared) c
   cross join worst w;
end
$_$;


ALTER FUNCTION dbml._verify(model text, version integer, engine text, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._verify(model text, version integer, engine text, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) IS 'The same by an engine of one''s choice.';


CREATE FUNCTION dbml._verify_python(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) RETURNS record
    LANGUAGE plpython3u STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("verify")
return SD["run"](plpy, model, version)
$$;


ALTER FUNCTION dbml._verify_python(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._verify_python(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) IS 'Scores a version''s golden rows in this server and compares with the estimator''s own answers.';


CREATE FUNCTION dbml._verify_signature(model text, version integer) RETURNS void
    LANGUAGE plpython3u STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("verify_signature")
SD["run"](plpy, model, version)
$$;


ALTER FUNCTION dbml._verify_signature(model text, version integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._verify_signature(model text, version integer) IS 'Refuses a version that no trusted key has signed as it stands.';


CREATE FUNCTION dbml._waiting(profile integer, depth integer, statement timestamp with time zone) RETURNS text
    LANGUAGE plpython3u SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("dbml_runtime_fa93be1c20db50d5.entrypoints", fromlist=["started"]).started("waiting")
return SD["run"]((profile, depth, statement))
$$;


ALTER FUNCTION dbml._waiting(profile integer, depth integer, statement timestamp with time zone) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml._waiting(profile integer, depth integer, statement timestamp with time zone) IS 'The entities that wait for the end of a statement, as a JSON array of keys, and no longer do; NULL for none.';


CREATE FUNCTION dbml.compare(model text, one integer, other integer, OUT features jsonb, OUT one_score double precision, OUT other_score double precision) RETURNS SETOF record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  missing integer;
begin
  select v into missing from unnest(array[one, other]) v where (dbml._scorer(compare.model, v)).model is null limit 1;
  if missing is not null then
    raise exception 'there is no %@%', model, missing
      using errcode = 'DB005', hint = 'dbml model list shows what there is';
  end if;
  for features in
    select distinct r.row
      from dbml.model_version v
     cross join lateral (
             select jsonb_object_agg(v.signature -> 'features' -> (e.i::integer - 1) ->> 'name', e.item) as row
               from jsonb_array_elements(v.golden -> 'rows') with ordinality g(golden, place)
              cross join jsonb_array_elements(g.golden) with ordinality e(item, i)
              group by g.place
           ) r
     where v.model = compare.model and v.version in (one, other)
       and not exists (
             select from dbml.model_version b
              cross join jsonb_array_elements(b.signature -> 'features') f
              where b.model = compare.model and b.version in (one, other) and not r.row ? (f ->> 'name'))
     order by r.row
  loop
    one_score := dbml._score_named(dbml._scorer(model, one), features);
    other_score := dbml._score_named(dbml._scorer(model, other), features);
    return next;
  end loop;
end
$$;


ALTER FUNCTION dbml.compare(model text, one integer, other integer, OUT features jsonb, OUT one_score double precision, OUT other_score double precision) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.compare(model text, one integer, other integer, OUT features jsonb, OUT one_score double precision, OUT other_score double precision) IS 'Scores the golden rows of two versions by both of them.';


CREATE FUNCTION dbml.deploy(model text, version integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  first boolean;
  attached integer;
  scored bigint := 0;
begin
  if not exists (select from dbml.model_version v where v.model = deploy.model and v.version = deploy.version) then
    raise exception 'there is no %@%', model, version
      using errcode = 'DB005',
            hint = coalesce(
              (select format('%s has version %s', v.model, string_agg(v.version::text, ', ' order by v.version))
                 from dbml.model_version v where v.model = deploy.model group by v.model),
              'dbml model list shows what there is');
  end if;
  perform dbml._check_signature(v.model, v.version, v.engine)
     from dbml.model_version v
    where v.model = deploy.model and v.version = deploy.version;
  perform pg_advisory_xact_lock(hashtextextended('dbml.deploy ' || model, 0));
  first := (dbml._deployed(model)).model is null;
  insert into dbml.deployment (model, version) values (deploy.model, deploy.version);
  for attached in select r.profile from dbml.prediction r where r.model = deploy.model order by r.profile loop
    perform dbml._bind(attached);
    -- Rows scored by an earlier version keep its score until rescore; rows never scored get theirs now.
    if first then
      scored := scored + dbml._rescore_profile(attached, model);
    end if;
  end loop;
  return scored;
end
$$;


ALTER FUNCTION dbml.deploy(model text, version integer) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.deploy(model text, version integer) IS 'Makes a version serve from the next statement on, everywhere; returns the rows scored, on a first deployment.';


CREATE FUNCTION dbml.deploy(model text, version integer, note text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  scored bigint := dbml.deploy(model, version);
begin
  -- deploy() holds the model's lock: the newest deployment is this one.
  update dbml.deployment d
     set note = deploy.note
   where d.id = (select max(l.id) from dbml.deployment l where l.model = deploy.model)
     and deploy.note is not null;
  return scored;
end
$$;


ALTER FUNCTION dbml.deploy(model text, version integer, note text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.deploy(model text, version integer, note text) IS 'The same, with the reason why, for dbml.deployment_history.';


CREATE FUNCTION dbml.rescore(model text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  attached integer;
  scored bigint := 0;
begin
  for attached in select s.profile from dbml._start_rescore(model, false) s loop
    scored := scored + dbml._rescore_profile(attached, model);
  end loop;
  return scored;
end
$$;


ALTER FUNCTION dbml.rescore(model text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.rescore(model text) IS 'Scores every row of every profile of a model with its deployed version; returns the number of rows.';


CREATE FUNCTION dbml.rescore_due() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  attached integer;
  moved bigint := 0;
begin
  for attached in select p.id from dbml.profile p order by p.id loop
    moved := moved + dbml._follow_windows(attached);
  end loop;
  -- By then no transaction is left that could still have to wait for them.
  delete from dbml.arrival r where r.at < now() - interval '1 day';
  return moved;
end
$$;


ALTER FUNCTION dbml.rescore_due() OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.rescore_due() IS 'Recounts and rescores exactly the entities whose window of time has changed since the last call; returns their number.';


CREATE FUNCTION dbml.revoke_key(key text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  held dbml.trusted_key;
  scorer record;
begin
  -- What installs replaces the same functions.
  perform pg_advisory_xact_lock(5639411);
  select * into held from dbml.trusted_key k where key in (k.public_key, k.fingerprint);
  if held.public_key is null then
    raise exception 'no key % is trusted', left(key, 80)
      using errcode = 'DB021', hint = 'dbml key list shows the keys; give the fingerprint or the public key.';
  end if;
  if held.revoked_at is null then
    update dbml.trusted_key k set revoked_at = now(), revoked_by = session_user where k.public_key = held.public_key;
    -- A function that is altered, if only to what it was, begins anew in every session: there the runtime
    -- forgets the models it has loaded.
    for scorer in
      select p.oid::regprocedure as name, p.procost
        from pg_proc p
        join pg_language l on l.oid = p.prolang
       where p.pronamespace = 'dbml'::regnamespace and l.lanname = 'plpython3u'
         and p.proname in ('_score_python', '_score_in_bulk', '_score_ahead', '_prime', '_verify_python')
    loop
      execute format('alter function %s cost %s', scorer.name, scorer.procost);
    end loop;
  end if;
  return coalesce(held.owner, held.fingerprint);
end
$$;


ALTER FUNCTION dbml.revoke_key(key text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.revoke_key(key text) IS 'Stops versions that only this key has signed, at their next statement in every session; takes a public key or a fingerprint and returns the owner.';


CREATE FUNCTION dbml.rollback(model text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  present integer;
  earlier integer;
begin
  -- Before looking: somebody may be deploying at this moment.
  perform pg_advisory_xact_lock(hashtextextended('dbml.deploy ' || model, 0));
  present := (dbml._deployed(model)).version;
  if present is null then
    perform dbml._not_deployed(model);
  end if;
  select d.version into earlier
    from dbml.deployment d
   where d.model = rollback.model and d.version <> present
   order by d.id desc
   limit 1;
  if earlier is null then
    raise exception 'no version of % served before %@%', model, model, present
      using errcode = 'DB005', hint = format('Deploy one: dbml deploy %s@VERSION; dbml model list %s shows what there is', model, model);
  end if;
  perform dbml.deploy(model, earlier);
  return earlier;
end
$$;


ALTER FUNCTION dbml.rollback(model text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.rollback(model text) IS 'Makes the version that served before the present one serve again; returns its number.';


CREATE FUNCTION dbml.score(model text, features jsonb) RETURNS double precision
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  deployed dbml.scorer := dbml._deployed(model);
  feature jsonb;
  value jsonb;
  numbers float8[] := '{}';
  texts text[] := '{}';
begin
  if deployed.model is null then
    return dbml._not_deployed(model);
  end if;
  for feature in select f from jsonb_array_elements(deployed.signature -> 'features') f loop
    value := features -> (feature ->> 'name');
    if value is null then
      raise exception 'feature % of model % is missing from the jsonb', quote_ident(feature ->> 'name'), quote_literal(model)
        using errcode = 'DB013', hint = format('Give every feature; null means unknown. The features: %s',
          (select string_agg(f ->> 'name', ', ') from jsonb_array_elements(deployed.signature -> 'features') f));
    end if;
    if feature ->> 'kind' = 'text' then
      if jsonb_typeof(value) not in ('string', 'null') then
        raise exception 'feature % of model % is text, the jsonb holds a %',
          quote_ident(feature ->> 'name'), quote_literal(model), jsonb_typeof(value)
          using errcode = 'DB013', hint = 'Write it in double quotes.';
      end if;
      texts := texts || (value #>> '{}');
    else
      begin
        if jsonb_typeof(value) not in ('number', 'null', 'boolean')
           and value #>> '{}' not in ('NaN', 'Infinity', '-Infinity') then
          raise exception using errcode = 'DB013';
        end if;
        numbers := numbers || case jsonb_typeof(value)
          when 'boolean' then (value::boolean)::int::float8
          else (value #>> '{}')::float8
        end;
      exception when sqlstate 'DB013' or data_exception then
        raise exception 'feature % of model % is a number, the jsonb holds %',
          quote_ident(feature ->> 'name'), quote_literal(model), left(value::text, 60)
          using errcode = 'DB013', hint = 'Give a number that fits double precision, or null.';
      end;
    end if;
  end loop;
  return dbml._score_arrays(deployed, numbers, texts);
end
$$;


ALTER FUNCTION dbml.score(model text, features jsonb) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.score(model text, features jsonb) IS 'Score of loose feature values by the deployed version: dbml.score(''churn'', ''{"plan": "a", …}'').';


CREATE TABLE public.customer_portable (
    id integer NOT NULL,
    plan text,
    complaints bigint DEFAULT 0 NOT NULL,
    refunds numeric,
    recent bigint DEFAULT 0 NOT NULL,
    spend double precision,
    score double precision,
    score_version integer,
    scored_at timestamp with time zone
);


CREATE FUNCTION dbml.score(model text, c public.customer_portable) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
select case model when 'forest' then "dbml_scorer"."profile_2_forest"(c) else dbml._not_deployed(model) end$$;


ALTER FUNCTION dbml.score(model text, c public.customer_portable) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.score(model text, c public.customer_portable) IS 'Score of a row of public.customer_portable by the deployed version of a model.';


CREATE TABLE public.customer_python (
    id integer NOT NULL,
    plan text,
    complaints bigint DEFAULT 0 NOT NULL,
    refunds numeric,
    recent bigint DEFAULT 0 NOT NULL,
    spend double precision,
    score double precision,
    score_version integer,
    scored_at timestamp with time zone
);


CREATE FUNCTION dbml.score(model text, c public.customer_python) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$
select case model when 'neighbours' then "dbml_scorer"."profile_3_neighbours"(c) else dbml._not_deployed(model) end$$;


ALTER FUNCTION dbml.score(model text, c public.customer_python) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.score(model text, c public.customer_python) IS 'Score of a row of public.customer_python by the deployed version of a model.';


CREATE TABLE public.customer_sql (
    id integer NOT NULL,
    plan text,
    complaints bigint DEFAULT 0 NOT NULL,
    refunds numeric,
    recent bigint DEFAULT 0 NOT NULL,
    spend double precision,
    score double precision,
    score_version integer,
    scored_at timestamp with time zone
);


CREATE FUNCTION dbml.score(model text, c public.customer_sql) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
select case model when 'linear' then "dbml_scorer"."profile_1_linear"(c) else dbml._not_deployed(model) end$$;


ALTER FUNCTION dbml.score(model text, c public.customer_sql) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.score(model text, c public.customer_sql) IS 'Score of a row of public.customer_sql by the deployed version of a model.';


CREATE FUNCTION dbml.trust_key(public_key text, owner text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  held dbml.trusted_key;
begin
  if public_key !~ '^ed25519:[0-9a-f]{64}$' then
    raise exception 'this is no public key: %', left(public_key, 80)
      using errcode = 'DB024', hint = 'dbml key new prints one: ed25519: and 64 hexadecimal digits.';
  end if;
  insert into dbml.trusted_key (public_key, owner) values (trust_key.public_key, trust_key.owner) on conflict do nothing;
  if found then
    return true;
  end if;
  select * into held from dbml.trusted_key k where k.public_key = trust_key.public_key;
  if held.revoked_at is not null then
    raise exception 'the key %, owner %, was revoked', held.fingerprint, coalesce(held.owner, 'not named')
      using errcode = 'DB022', hint = 'A revoked key stays so. Make another: dbml key new --key FILE';
  end if;
  return false;
end
$_$;


ALTER FUNCTION dbml.trust_key(public_key text, owner text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.trust_key(public_key text, owner text) IS 'Lets versions run that this key has signed; false where it was trusted before.';


CREATE FUNCTION dbml.verify(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select v.* from dbml._verify(model, version, null) v
$$;


ALTER FUNCTION dbml.verify(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml.verify(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) IS 'Scores a version''s golden rows in this server and compares with the estimator''s own answers.';


CREATE FUNCTION dbml_scorer.profile_1_arrive() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_rows "public"."customer_sql"[];
begin
  if tg_level = 'ROW' then
    
    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_sql" p join (select new.*) as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_sql" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_1_recount_1"(dbml_rows);
    end loop;

  else
    
    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_sql" p join inserted as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_sql" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_1_recount_1"(dbml_rows);
    end loop;

  end if;
  return null;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_arrive() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_count_1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column may have any other name.
  dbml_entities integer;
  dbml_found integer;
  dbml_recounts boolean;
  dbml_lost "public"."customer_sql"[];
  dbml_losing refcursor;
  dbml_last "public"."customer_sql";
  dbml_awaited bigint[];
  -- What one row says, under the name that the changes of many have in a query.
  d record;
begin
  if tg_op = 'INSERT' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_sql" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_sql" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_1_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  elsif tg_op = 'UPDATE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_sql" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_sql" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_1_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  elsif tg_op = 'DELETE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_sql" p
       join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_sql" p
              join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_1_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  else
    -- TRUNCATE: in batches, because it may touch every profile row there is. It takes away what an older
    -- snapshot does not show; there every row is written, to fail with 40001 where one has moved since.
    loop
      select array_agg(b.dbml_row) into dbml_lost
        from (select dbml_row
                from "public"."customer_sql" dbml_row
               where ("dbml_row"."complaints" is distinct from 0 or "dbml_row"."refunds" is distinct from null or "dbml_row"."recent" is distinct from 0 or current_setting('transaction_isolation') in ('repeatable read', 'serializable'))
                 and (dbml_last is null or ("dbml_row"."id") > ((dbml_last)."id"))
               order by "dbml_row"."id"
               limit 4096) as b;
      exit when dbml_lost is null;
      perform dbml_scorer."profile_1_recount_1"(dbml_lost);
      dbml_last := dbml_lost[cardinality(dbml_lost)];
    end loop;
  end if;
  -- Null, and no expression, which every transaction would prepare anew.
  return new;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_count_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_finish() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin
  return new;
end$$;


ALTER FUNCTION dbml_scorer.profile_1_finish() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_follow_1() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_since timestamptz;
  dbml_row "public"."customer_sql";
  dbml_batch "public"."customer_sql"[] := '{}';
  dbml_moved bigint := 0;
begin
  -- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
  select e.followed_until - interval '1 hour' into dbml_since
    from dbml.event e
   where e.profile = 1 and e.position = 1
     for no key update;
  for dbml_row in
    select dbml_b.*
      from "public"."customer_sql" dbml_b
      join (select distinct "f"."k0" from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_sql") as f where f.t2 > ((dbml_since at time zone 'UTC' - '30 days'::interval) at time zone 'UTC') and f.t2 <= ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as d on "dbml_b"."id" = "d"."k0"
     cross join lateral (select count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_sql" where "customer" = "dbml_b"."id") as f) as g
     where "dbml_b"."recent" is distinct from coalesce("g"."a2", 0)
     order by "dbml_b"."id"
  loop
    dbml_batch := array_append(dbml_batch, dbml_row);
    if cardinality(dbml_batch) = 4096 then
      dbml_moved := dbml_moved + dbml_scorer."profile_1_recount_1"(dbml_batch);
      dbml_batch := '{}';
    end if;
  end loop;
  if cardinality(dbml_batch) > 0 then
    dbml_moved := dbml_moved + dbml_scorer."profile_1_recount_1"(dbml_batch);
  end if;
  update dbml.event as e
     set followed_until = now()
   where e.profile = 1 and e.position = 1;
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_follow_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_linear(c public.customer_sql) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$select coalesce(case when abs((c.complaints::float8)) < '9007199254740992.0'::float8 and (dbml_scorer.profile_1_linear_feature_3(c.refunds)) is not null and (c.spend) is not null and least((dbml_scorer.profile_1_linear_feature_3(c.refunds)::float8), (c.spend::float8)) > '-9007199254740992.0'::float8 and greatest((dbml_scorer.profile_1_linear_feature_3(c.refunds)::float8), (c.spend::float8)) < '9007199254740992.0'::float8 then ('0.5'::float8 + '0.5'::float8 * tanh((coalesce(('{0.030119078257361247,-0.17856455307220415,0.14864283543472245}'::float8[])[array_position(array['basic', 'größer', 'plus']::text[], (c.plan::text) collate "C")], '0.0'::float8) + ((c.complaints::float8) * '1.1369086413656178'::float8) + (((dbml_scorer.profile_1_linear_feature_3(c.refunds)::float8) + '1e-80'::float8) * '-0.03428850913896758'::float8) + (((c.spend::float8) + '1e-80'::float8) * '0.04135377440899325'::float8) + '-6.239196625389166'::float8))) end, dbml_scorer.version_linear_1(array[c.complaints::float8, dbml_scorer.profile_1_linear_feature_3(c.refunds)::float8, c.spend::float8]::float8[], array[c.plan::text]::text[]))$$;


ALTER FUNCTION dbml_scorer.profile_1_linear(c public.customer_sql) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.profile_1_linear(c public.customer_sql) IS 'Scores a row of public.customer_sql with linear@1, engine sql.';


CREATE FUNCTION dbml_scorer.profile_1_linear_feature_3(refunds numeric) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (COALESCE(refunds, (0)::numeric))::double precision;


ALTER FUNCTION dbml_scorer.profile_1_linear_feature_3(refunds numeric) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_prime(batch public.customer_sql[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$begin
  return;
exception when others then
  return;
end$$;


ALTER FUNCTION dbml_scorer.profile_1_prime(batch public.customer_sql[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_primes() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$select 'f'::boolean$$;


ALTER FUNCTION dbml_scorer.profile_1_primes() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_read_ahead(entity text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$begin
  perform dbml_scorer.profile_1_prime(array_agg(b.dbml_row))
    from (select dbml_row from public.customer_sql dbml_row where dbml_row.ctid >= (select q.ctid from public.customer_sql q where q.id = entity[1]::integer limit 1) limit 4096) b;
end$$;


ALTER FUNCTION dbml_scorer.profile_1_read_ahead(entity text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_recount_1(dbml_batch public.customer_sql[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_moved bigint;
begin
  perform
     from "public"."customer_sql" p
     join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
    order by "p"."id"
      for no key update of p;
  if cardinality(dbml_batch) > 1 and dbml_scorer."profile_1_primes"() then
    perform dbml_scorer."profile_1_prime"(array_agg(jsonb_populate_record(p.*, jsonb_build_object('complaints', coalesce("d"."a0", 0), 'refunds', coalesce("d"."a1", null), 'recent', coalesce("d"."a2", 0)))))
       from "public"."customer_sql" p
       join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
      cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_sql" where "customer" = "dbml_b"."id") as f) as d;
  end if;
  -- Written even where nothing differs: a transaction with an older snapshot must not recount from it.
  update "public"."customer_sql" p
     set "complaints" = coalesce("d"."a0", 0),
         "refunds" = coalesce("d"."a1", null),
         "recent" = coalesce("d"."a2", 0)
    from unnest(dbml_batch) as dbml_b
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_sql" where "customer" = "dbml_b"."id") as f) as d
   where "p"."id" = "dbml_b"."id";
  get diagnostics dbml_moved = row_count;
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_recount_1(dbml_batch public.customer_sql[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_rekeyed(dbml_given public.customer_sql) RETURNS public.customer_sql
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_row record := dbml_given;
  dbml_counted record;
begin
  
  select d.* into dbml_counted
    from (select (dbml_given).*) as dbml_n
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_sql" where "customer" = "dbml_n"."id") as f) as d;
  dbml_row."complaints" := coalesce("dbml_counted"."a0", 0);
  dbml_row."refunds" := coalesce("dbml_counted"."a1", null);
  dbml_row."recent" := coalesce("dbml_counted"."a2", 0);

  -- Events that follow their profile row to its new key report it at the end of the same statement.
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_row;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_rekeyed(dbml_given public.customer_sql) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column of the profile may have any other name.
  dbml_batch "public"."customer_sql"[];
  dbml_wanted "public"."customer_sql"[] := '{}';
  dbml_from "public"."customer_sql";
  dbml_entity text[];
begin
  if dbml_stale then
    for dbml_entity in
      select f.entity
        from dbml.failure f
       where f.profile = 1 and f.model = dbml_model
         and (dbml_last is null or f.entity > dbml_last)
       order by f.entity
       limit dbml_rows
    loop
      dbml_from."id" := dbml_entity[1];
      dbml_wanted := array_append(dbml_wanted, dbml_from);
      dbml_reached := dbml_entity;
    end loop;
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_sql" dbml_row
              join unnest(dbml_wanted) as dbml_b on "dbml_row"."id" = "dbml_b"."id"
             order by "dbml_row"."id"
               for no key update of dbml_row) as b;
    -- Nothing is left to score where the row is gone.
    delete from dbml.failure f
     using unnest(dbml_wanted) as dbml_b
     where f.profile = 1 and f.model = dbml_model and f.entity = array["dbml_b"."id"::text]
       and not exists (select from "public"."customer_sql" dbml_row where "dbml_row"."id" = "dbml_b"."id");
  elsif dbml_last is null then
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_sql" dbml_row
             where true
               and (dbml_every or case "profile_1_rescore".dbml_model when 'linear' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 1 and f.model = 'linear' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  else
      dbml_from."id" := dbml_last[1];
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_sql" dbml_row
             where ("dbml_row"."id") > ((dbml_from)."id")
               and (dbml_every or case "profile_1_rescore".dbml_model when 'linear' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 1 and f.model = 'linear' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  end if;
  dbml_scored := coalesce(cardinality(dbml_batch), 0);
  if dbml_scored = 0 then
    return;
  end if;
  if dbml_scorer."profile_1_primes"() then
    perform dbml_scorer."profile_1_prime"(dbml_batch);
  end if;
  -- Changing the score is what makes the row's trigger compute it anew.
  update "public"."customer_sql" p
     set "score" = case when "profile_1_rescore".dbml_model is distinct from 'linear' then p."score" when p."score" is null then 'NaN' end
    from unnest(dbml_batch) as b
   where "p"."id" = "b"."id";
  if not dbml_stale then
    dbml_from := dbml_batch[cardinality(dbml_batch)];
    dbml_reached := array[(dbml_from)."id"::text];
  end if;
end
$$;


ALTER FUNCTION dbml_scorer.profile_1_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_1_score() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.id = old.id then
  elsif tg_op = 'INSERT' then
    new.recent := 0;
    new.refunds := null;
    new.complaints := 0;
  elsif new.id is distinct from old.id then
    new := dbml_scorer.profile_1_rekeyed(new);
  end if;
  <<dbml_prediction>>
  begin
    begin
      -- A session that was open when a column changed its type fails here already.
      if not (new.complaints is distinct from old.complaints or new.refunds is distinct from old.refunds) then
        if tg_op = 'UPDATE' and not (new.id is distinct from old.id or new.plan is distinct from old.plan or new.score is distinct from old.score or new.score_version is distinct from old.score_version or new.scored_at is distinct from old.scored_at or new.spend is distinct from old.spend) then
          exit dbml_prediction;
        end if;
      end if;
      new.score := case when abs((new.complaints::float8)) < '9007199254740992.0'::float8 and (dbml_scorer.profile_1_linear_feature_3(new.refunds)) is not null and (new.spend) is not null and least((dbml_scorer.profile_1_linear_feature_3(new.refunds)::float8), (new.spend::float8)) > '-9007199254740992.0'::float8 and greatest((dbml_scorer.profile_1_linear_feature_3(new.refunds)::float8), (new.spend::float8)) < '9007199254740992.0'::float8 then ('0.5'::float8 + '0.5'::float8 * tanh((coalesce(('{0.030119078257361247,-0.17856455307220415,0.14864283543472245}'::float8[])[array_position(array['basic', 'größer', 'plus']::text[], (new.plan::text) collate "C")], '0.0'::float8) + ((new.complaints::float8) * '1.1369086413656178'::float8) + (((dbml_scorer.profile_1_linear_feature_3(new.refunds)::float8) + '1e-80'::float8) * '-0.03428850913896758'::float8) + (((new.spend::float8) + '1e-80'::float8) * '0.04135377440899325'::float8) + '-6.239196625389166'::float8))) end;
      if new.score is null then
        new.score := dbml_scorer.version_linear_1(array[new.complaints::float8, dbml_scorer.profile_1_linear_feature_3(new.refunds)::float8, new.spend::float8]::float8[], array[new.plan::text]::text[]);
      end if;
    exception when others then
      if tg_op = 'UPDATE' then new.score := old.score;
      elsif exists (select from dbml.profile p where p.id = 1) then new.score := null;
      end if;
      if tg_op = 'UPDATE' then new.score_version := old.score_version;
      elsif exists (select from dbml.profile p where p.id = 1) then new.score_version := null;
      end if;
      if tg_op = 'UPDATE' then new.scored_at := old.scored_at;
      elsif exists (select from dbml.profile p where p.id = 1) then new.scored_at := null;
      end if;
      if not (tg_op = 'INSERT' and exists (select from public.customer_sql q where q.id = new.id)) then
        perform dbml._record_failure(1, 'linear', 1, array[new.id::text], sqlstate, sqlerrm);
      end if;
      exit dbml_prediction;
    end;
    new.score_version := 1;
    new.scored_at := now();
    -- Where no row has failed, the table need not be asked.
    if pg_sequence_last_value('dbml.failures'::regclass) is not null then
      if exists (select from dbml.failure f where f.profile = 1 and f.model = 'linear' and f.entity = array[new.id::text]) then
        if not (tg_op = 'INSERT' and exists (select from public.customer_sql q where q.id = new.id)) then
          delete from dbml.failure f where f.profile = 1 and f.model = 'linear' and f.entity = array[new.id::text];
        end if;
      end if;
    end if;
  end dbml_prediction;
  return new;
end$$;


ALTER FUNCTION dbml_scorer.profile_1_score() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_arrive() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_rows "public"."customer_portable"[];
begin
  if tg_level = 'ROW' then
    insert into dbml.arrival as r (profile, entity)
    select distinct 2, hash_record_extended(row("dbml_n"."id"), 0) from (select new.*) as dbml_n where exists (select from dbml.profile r where r.id = 2) order by 2
    on conflict on constraint arrival_pkey do update set at = now();

    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_portable" p join (select new.*) as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_portable" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_2_recount_1"(dbml_rows);
    end loop;

  else
    insert into dbml.arrival as r (profile, entity)
    select distinct 2, hash_record_extended(row("dbml_n"."id"), 0) from inserted as dbml_n where exists (select from dbml.profile r where r.id = 2) order by 2
    on conflict on constraint arrival_pkey do update set at = now();

    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_portable" p join inserted as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_portable" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_2_recount_1"(dbml_rows);
    end loop;

  end if;
  return null;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_arrive() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_count_1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column may have any other name.
  dbml_entities integer;
  dbml_found integer;
  dbml_recounts boolean;
  dbml_lost "public"."customer_portable"[];
  dbml_losing refcursor;
  dbml_last "public"."customer_portable";
  dbml_awaited bigint[];
  -- What one row says, under the name that the changes of many have in a query.
  d record;
begin
  if tg_op = 'INSERT' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A profile row that is not there yet would have to be locked behind others when it comes, and two statements could wait
  -- for each other. Claimed before any is locked, it comes after this transaction, or has come when the next query looks.
  if dbml_entities > 1 then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_portable" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_portable" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;

  -- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one
  -- row to dbml.arrival, so that the second waits for the first, and then sees what it did.
  if dbml_found < dbml_entities then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
    -- What has come since the UPDATE looked for it. Rows that it found have a version of this transaction; in a
    -- subtransaction they do not look so, and are recounted for nothing.
    for dbml_lost in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_portable" p
                join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
               where p.xmin <> pg_current_xact_id()::xid) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    end loop;
  end if;

  elsif tg_op = 'UPDATE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A profile row that is not there yet would have to be locked behind others when it comes, and two statements could wait
  -- for each other. Claimed before any is locked, it comes after this transaction, or has come when the next query looks.
  if dbml_entities > 1 then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_portable" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_portable" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;

  -- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one
  -- row to dbml.arrival, so that the second waits for the first, and then sees what it did.
  if dbml_found < dbml_entities then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
    -- What has come since the UPDATE looked for it. Rows that it found have a version of this transaction; in a
    -- subtransaction they do not look so, and are recounted for nothing.
    for dbml_lost in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_portable" p
                join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
               where p.xmin <> pg_current_xact_id()::xid) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    end loop;
  end if;

  elsif tg_op = 'DELETE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A profile row that is not there yet would have to be locked behind others when it comes, and two statements could wait
  -- for each other. Claimed before any is locked, it comes after this transaction, or has come when the next query looks.
  if dbml_entities > 1 then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_portable" p
       join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_portable" p
              join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;

  -- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one
  -- row to dbml.arrival, so that the second waits for the first, and then sees what it did.
  if dbml_found < dbml_entities then
    select array_agg(hash_record_extended(row("d"."k0"), 0)) into dbml_awaited
      from (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d
     where "d"."k0" is not null
       and hash_record_extended(row("d"."k0"), 0) <> all (coalesce(dbml_awaited, '{}'))
       and not exists (select from "public"."customer_portable" p where "p"."id" = "d"."k0");
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct 2, u from unnest(dbml_awaited) u where exists (select from dbml.profile r where r.id = 2) order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
    -- What has come since the UPDATE looked for it. Rows that it found have a version of this transaction; in a
    -- subtransaction they do not look so, and are recounted for nothing.
    for dbml_lost in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_portable" p
                join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
               where p.xmin <> pg_current_xact_id()::xid) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_2_recount_1"(dbml_lost);
    end loop;
  end if;

  else
    -- TRUNCATE: in batches, because it may touch every profile row there is. It takes away what an older
    -- snapshot does not show; there every row is written, to fail with 40001 where one has moved since.
    loop
      select array_agg(b.dbml_row) into dbml_lost
        from (select dbml_row
                from "public"."customer_portable" dbml_row
               where ("dbml_row"."complaints" is distinct from 0 or "dbml_row"."refunds" is distinct from null or "dbml_row"."recent" is distinct from 0 or current_setting('transaction_isolation') in ('repeatable read', 'serializable'))
                 and (dbml_last is null or ("dbml_row"."id") > ((dbml_last)."id"))
               order by "dbml_row"."id"
               limit 4096) as b;
      exit when dbml_lost is null;
      perform dbml_scorer."profile_2_recount_1"(dbml_lost);
      dbml_last := dbml_lost[cardinality(dbml_lost)];
    end loop;
  end if;
  -- Null, and no expression, which every transaction would prepare anew.
  return new;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_count_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_finish() RETURNS trigger
    LANGUAGE plpgsql
    AS $$begin
  return new;
end$$;


ALTER FUNCTION dbml_scorer.profile_2_finish() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_follow_1() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_since timestamptz;
  dbml_row "public"."customer_portable";
  dbml_batch "public"."customer_portable"[] := '{}';
  dbml_moved bigint := 0;
begin
  -- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
  select e.followed_until - interval '1 hour' into dbml_since
    from dbml.event e
   where e.profile = 2 and e.position = 1
     for no key update;
  for dbml_row in
    select dbml_b.*
      from "public"."customer_portable" dbml_b
      join (select distinct "f"."k0" from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_portable") as f where f.t2 > ((dbml_since at time zone 'UTC' - '30 days'::interval) at time zone 'UTC') and f.t2 <= ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as d on "dbml_b"."id" = "d"."k0"
     cross join lateral (select count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_portable" where "customer" = "dbml_b"."id") as f) as g
     where "dbml_b"."recent" is distinct from coalesce("g"."a2", 0)
     order by "dbml_b"."id"
  loop
    dbml_batch := array_append(dbml_batch, dbml_row);
    if cardinality(dbml_batch) = 4096 then
      dbml_moved := dbml_moved + dbml_scorer."profile_2_recount_1"(dbml_batch);
      dbml_batch := '{}';
    end if;
  end loop;
  if cardinality(dbml_batch) > 0 then
    dbml_moved := dbml_moved + dbml_scorer."profile_2_recount_1"(dbml_batch);
  end if;
  update dbml.event as e
     set followed_until = now()
   where e.profile = 2 and e.position = 1;
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_follow_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_forest(c public.customer_portable) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$select dbml._score_portable('77094b2453f55e6a45972b51c0bc19e7cf82e8da7ade6426cdaf9a522d89ae31-14e14b9c8c27757f', array[c.complaints::float8, dbml_scorer.profile_2_forest_feature_3(c.refunds)::float8, c.spend::float8]::float8[], array[c.plan::text]::text[])$$;


ALTER FUNCTION dbml_scorer.profile_2_forest(c public.customer_portable) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.profile_2_forest(c public.customer_portable) IS 'Scores a row of public.customer_portable with forest@2, engine portable.';


CREATE FUNCTION dbml_scorer.profile_2_forest_feature_3(refunds numeric) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (COALESCE(refunds, (0)::numeric))::double precision;


ALTER FUNCTION dbml_scorer.profile_2_forest_feature_3(refunds numeric) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_prime(batch public.customer_portable[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$begin
  return;
exception when others then
  return;
end$$;


ALTER FUNCTION dbml_scorer.profile_2_prime(batch public.customer_portable[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_primes() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$select 'f'::boolean$$;


ALTER FUNCTION dbml_scorer.profile_2_primes() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_read_ahead(entity text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$begin
  perform dbml_scorer.profile_2_prime(array_agg(b.dbml_row))
    from (select dbml_row from public.customer_portable dbml_row where dbml_row.ctid >= (select q.ctid from public.customer_portable q where q.id = entity[1]::integer limit 1) limit 4096) b;
end$$;


ALTER FUNCTION dbml_scorer.profile_2_read_ahead(entity text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_recount_1(dbml_batch public.customer_portable[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_moved bigint;
begin
  perform
     from "public"."customer_portable" p
     join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
    order by "p"."id"
      for no key update of p;
  if cardinality(dbml_batch) > 1 and dbml_scorer."profile_2_primes"() then
    perform dbml_scorer."profile_2_prime"(array_agg(jsonb_populate_record(p.*, jsonb_build_object('complaints', coalesce("d"."a0", 0), 'refunds', coalesce("d"."a1", null), 'recent', coalesce("d"."a2", 0)))))
       from "public"."customer_portable" p
       join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
      cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_portable" where "customer" = "dbml_b"."id") as f) as d;
  end if;
  -- Written even where nothing differs: a transaction with an older snapshot must not recount from it.
  update "public"."customer_portable" p
     set "complaints" = coalesce("d"."a0", 0),
         "refunds" = coalesce("d"."a1", null),
         "recent" = coalesce("d"."a2", 0)
    from unnest(dbml_batch) as dbml_b
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_portable" where "customer" = "dbml_b"."id") as f) as d
   where "p"."id" = "dbml_b"."id";
  get diagnostics dbml_moved = row_count;
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_recount_1(dbml_batch public.customer_portable[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_rekeyed(dbml_given public.customer_portable) RETURNS public.customer_portable
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_row record := dbml_given;
  dbml_counted record;
begin
  insert into dbml.arrival as r (profile, entity)
    select distinct 2, hash_record_extended(row("dbml_n"."id"), 0) from (select (dbml_given).*) as dbml_n where exists (select from dbml.profile r where r.id = 2) order by 2
    on conflict on constraint arrival_pkey do update set at = now();

  select d.* into dbml_counted
    from (select (dbml_given).*) as dbml_n
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_portable" where "customer" = "dbml_n"."id") as f) as d;
  dbml_row."complaints" := coalesce("dbml_counted"."a0", 0);
  dbml_row."refunds" := coalesce("dbml_counted"."a1", null);
  dbml_row."recent" := coalesce("dbml_counted"."a2", 0);

  -- Events that follow their profile row to its new key report it at the end of the same statement.
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_row;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_rekeyed(dbml_given public.customer_portable) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column of the profile may have any other name.
  dbml_batch "public"."customer_portable"[];
  dbml_wanted "public"."customer_portable"[] := '{}';
  dbml_from "public"."customer_portable";
  dbml_entity text[];
begin
  if dbml_stale then
    for dbml_entity in
      select f.entity
        from dbml.failure f
       where f.profile = 2 and f.model = dbml_model
         and (dbml_last is null or f.entity > dbml_last)
       order by f.entity
       limit dbml_rows
    loop
      dbml_from."id" := dbml_entity[1];
      dbml_wanted := array_append(dbml_wanted, dbml_from);
      dbml_reached := dbml_entity;
    end loop;
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_portable" dbml_row
              join unnest(dbml_wanted) as dbml_b on "dbml_row"."id" = "dbml_b"."id"
             order by "dbml_row"."id"
               for no key update of dbml_row) as b;
    -- Nothing is left to score where the row is gone.
    delete from dbml.failure f
     using unnest(dbml_wanted) as dbml_b
     where f.profile = 2 and f.model = dbml_model and f.entity = array["dbml_b"."id"::text]
       and not exists (select from "public"."customer_portable" dbml_row where "dbml_row"."id" = "dbml_b"."id");
  elsif dbml_last is null then
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_portable" dbml_row
             where true
               and (dbml_every or case "profile_2_rescore".dbml_model when 'forest' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 2 and f.model = 'forest' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  else
      dbml_from."id" := dbml_last[1];
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_portable" dbml_row
             where ("dbml_row"."id") > ((dbml_from)."id")
               and (dbml_every or case "profile_2_rescore".dbml_model when 'forest' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 2 and f.model = 'forest' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  end if;
  dbml_scored := coalesce(cardinality(dbml_batch), 0);
  if dbml_scored = 0 then
    return;
  end if;
  if dbml_scorer."profile_2_primes"() then
    perform dbml_scorer."profile_2_prime"(dbml_batch);
  end if;
  -- Changing the score is what makes the row's trigger compute it anew.
  update "public"."customer_portable" p
     set "score" = case when "profile_2_rescore".dbml_model is distinct from 'forest' then p."score" when p."score" is null then 'NaN' end
    from unnest(dbml_batch) as b
   where "p"."id" = "b"."id";
  if not dbml_stale then
    dbml_from := dbml_batch[cardinality(dbml_batch)];
    dbml_reached := array[(dbml_from)."id"::text];
  end if;
end
$$;


ALTER FUNCTION dbml_scorer.profile_2_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_2_score() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.id = old.id then
  elsif tg_op = 'INSERT' then
    new.recent := 0;
    new.refunds := null;
    new.complaints := 0;
  elsif new.id is distinct from old.id then
    new := dbml_scorer.profile_2_rekeyed(new);
  end if;
  <<dbml_prediction>>
  begin
    begin
      -- A session that was open when a column changed its type fails here already.
      if not (new.complaints is distinct from old.complaints or new.refunds is distinct from old.refunds) then
        if tg_op = 'UPDATE' and not (new.id is distinct from old.id or new.plan is distinct from old.plan or new.score is distinct from old.score or new.score_version is distinct from old.score_version or new.scored_at is distinct from old.scored_at or new.spend is distinct from old.spend) then
          exit dbml_prediction;
        end if;
      end if;
      new.score := dbml._run_portable('77094b2453f55e6a45972b51c0bc19e7cf82e8da7ade6426cdaf9a522d89ae31-14e14b9c8c27757f', array[new.complaints::float8, dbml_scorer.profile_2_forest_feature_3(new.refunds)::float8, new.spend::float8]::float8[], array[new.plan::text]::text[]);
    exception when others then
      new.score := null;
      new.score_version := null;
      new.scored_at := null;
      if not (tg_op = 'INSERT' and exists (select from public.customer_portable q where q.id = new.id)) then
        perform dbml._record_failure(2, 'forest', 2, array[new.id::text], sqlstate, sqlerrm);
      end if;
      exit dbml_prediction;
    end;
    new.score_version := 2;
    new.scored_at := now();
    -- Where no row has failed, the table need not be asked.
    if pg_sequence_last_value('dbml.failures'::regclass) is not null then
      if exists (select from dbml.failure f where f.profile = 2 and f.model = 'forest' and f.entity = array[new.id::text]) then
        if not (tg_op = 'INSERT' and exists (select from public.customer_portable q where q.id = new.id)) then
          delete from dbml.failure f where f.profile = 2 and f.model = 'forest' and f.entity = array[new.id::text];
        end if;
      end if;
    end if;
  end dbml_prediction;
  return new;
end$$;


ALTER FUNCTION dbml_scorer.profile_2_score() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_arrive() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_rows "public"."customer_python"[];
begin
  if tg_level = 'ROW' then
    
    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_python" p join (select new.*) as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_python" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_3_recount_1"(dbml_rows);
    end loop;

  else
    
    -- In batches, as in the events' own triggers.
    for dbml_rows in
      select array_agg(b.dbml_row order by b.number)
        from (select coalesce(p.*) as dbml_row, row_number() over () as number
                from "public"."customer_python" p join inserted as dbml_n on "p"."id" = "dbml_n"."id"
               where exists (select from "public"."complaint_python" where "customer" = "dbml_n"."id")) as b
       group by (b.number - 1) / 4096
    loop
      perform dbml_scorer."profile_3_recount_1"(dbml_rows);
    end loop;

  end if;
  return null;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_arrive() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_count_1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column may have any other name.
  dbml_entities integer;
  dbml_found integer;
  dbml_recounts boolean;
  dbml_lost "public"."customer_python"[];
  dbml_losing refcursor;
  dbml_last "public"."customer_python";
  dbml_awaited bigint[];
  -- What one row says, under the name that the changes of many have in a query.
  d record;
begin
  if tg_op = 'INSERT' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_python" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_python" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as i) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_3_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  elsif tg_op = 'UPDATE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_python" p
       join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_python" p
              join (select distinct "f"."k0"
        from (select *, true as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as i union all select *, false from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted except all select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from inserted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_3_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  elsif tg_op = 'DELETE' then
  select count(*), 0 into dbml_entities, dbml_found from (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d;
  if dbml_entities = 0 then
    return new;
  end if;
  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := false or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if true or dbml_recounts then
    perform
       from "public"."customer_python" p
       join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0"
      order by "p"."id"
        for no key update of p;
  end if;
  -- In batches, because a statement may touch every profile row there is. coalesce: a bare p might be a column.
  for dbml_lost in
    select array_agg(b.dbml_row order by b.number)
      from (select coalesce(p.*) as dbml_row, row_number() over () as number
              from "public"."customer_python" p
              join (select distinct "f"."k0"
        from (select *, false as added from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from deleted) as d) as f
       where f.v0 is not null or f.v1 is not null or f.v2 is not null
) as d on "p"."id" = "d"."k0") as b
     group by (b.number - 1) / 4096
  loop
    perform dbml_scorer."profile_3_recount_1"(dbml_lost);
    dbml_found := dbml_found + cardinality(dbml_lost);
  end loop;


  else
    -- TRUNCATE: in batches, because it may touch every profile row there is. It takes away what an older
    -- snapshot does not show; there every row is written, to fail with 40001 where one has moved since.
    loop
      select array_agg(b.dbml_row) into dbml_lost
        from (select dbml_row
                from "public"."customer_python" dbml_row
               where ("dbml_row"."complaints" is distinct from 0 or "dbml_row"."refunds" is distinct from null or "dbml_row"."recent" is distinct from 0 or current_setting('transaction_isolation') in ('repeatable read', 'serializable'))
                 and (dbml_last is null or ("dbml_row"."id") > ((dbml_last)."id"))
               order by "dbml_row"."id"
               limit 4096) as b;
      exit when dbml_lost is null;
      perform dbml_scorer."profile_3_recount_1"(dbml_lost);
      dbml_last := dbml_lost[cardinality(dbml_lost)];
    end loop;
  end if;
  -- Null, and no expression, which every transaction would prepare anew.
  return new;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_count_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_finish() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$declare
  dbml_waiting json := dbml._waiting(3, pg_trigger_depth(), statement_timestamp())::json;
  dbml_batch json[];
begin
  for dbml_batch in
    select array_agg(w.entity) from json_array_elements(dbml_waiting) with ordinality w(entity, i) group by w.i / 4096
  loop
    perform dbml_scorer.profile_3_prime(array_agg(p)) from public.customer_python p join unnest(dbml_batch) e(entity) on p.id = (e.entity ->> 0)::integer;
    update public.customer_python p set score = case when p.score is null then 'NaN'::float8 end from unnest(dbml_batch) e(entity) where p.id = (e.entity ->> 0)::integer;
  end loop;
  return null;
end$$;


ALTER FUNCTION dbml_scorer.profile_3_finish() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_follow_1() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_since timestamptz;
  dbml_row "public"."customer_python";
  dbml_batch "public"."customer_python"[] := '{}';
  dbml_moved bigint := 0;
begin
  -- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
  select e.followed_until - interval '1 hour' into dbml_since
    from dbml.event e
   where e.profile = 3 and e.position = 1
     for no key update;
  for dbml_row in
    select dbml_b.*
      from "public"."customer_python" dbml_b
      join (select distinct "f"."k0" from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_python") as f where f.t2 > ((dbml_since at time zone 'UTC' - '30 days'::interval) at time zone 'UTC') and f.t2 <= ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as d on "dbml_b"."id" = "d"."k0"
     cross join lateral (select count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v2, (at
) as t2 from "public"."complaint_python" where "customer" = "dbml_b"."id") as f) as g
     where "dbml_b"."recent" is distinct from coalesce("g"."a2", 0)
     order by "dbml_b"."id"
  loop
    dbml_batch := array_append(dbml_batch, dbml_row);
    if cardinality(dbml_batch) = 4096 then
      dbml_moved := dbml_moved + dbml_scorer."profile_3_recount_1"(dbml_batch);
      dbml_batch := '{}';
    end if;
  end loop;
  if cardinality(dbml_batch) > 0 then
    dbml_moved := dbml_moved + dbml_scorer."profile_3_recount_1"(dbml_batch);
  end if;
  update dbml.event as e
     set followed_until = now()
   where e.profile = 3 and e.position = 1;
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_follow_1() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_neighbours(c public.customer_python) RETURNS double precision
    LANGUAGE sql STABLE
    AS $$select dbml._score_ahead('neighbours@1 5951d1704d9726bbe38d6de9d8ed9b572348f79e57440b8ec693196c8c7df6d1', 'python', array[c.complaints::float8, dbml_scorer.profile_3_neighbours_feature_3(c.refunds)::float8, c.spend::float8]::float8[], array[c.plan::text]::text[], 3, array[c.id::text])$$;


ALTER FUNCTION dbml_scorer.profile_3_neighbours(c public.customer_python) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.profile_3_neighbours(c public.customer_python) IS 'Scores a row of public.customer_python with neighbours@1, engine python.';


CREATE FUNCTION dbml_scorer.profile_3_neighbours_feature_3(refunds numeric) RETURNS double precision
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (COALESCE(refunds, (0)::numeric))::double precision;


ALTER FUNCTION dbml_scorer.profile_3_neighbours_feature_3(refunds numeric) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_prime(batch public.customer_python[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$begin
  perform dbml._prime('neighbours@1 5951d1704d9726bbe38d6de9d8ed9b572348f79e57440b8ec693196c8c7df6d1', 'python', array_agg(array[c.complaints::float8, dbml_scorer.profile_3_neighbours_feature_3(c.refunds)::float8, c.spend::float8]), array_agg(array[c.plan::text])) from unnest(batch) c;
  return;
exception when others then
  return;
end$$;


ALTER FUNCTION dbml_scorer.profile_3_prime(batch public.customer_python[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_primes() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$select 't'::boolean$$;


ALTER FUNCTION dbml_scorer.profile_3_primes() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_read_ahead(entity text[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$begin
  perform dbml_scorer.profile_3_prime(array_agg(b.dbml_row))
    from (select dbml_row from public.customer_python dbml_row where dbml_row.ctid >= (select q.ctid from public.customer_python q where q.id = entity[1]::integer limit 1) limit 4096) b;
end$$;


ALTER FUNCTION dbml_scorer.profile_3_read_ahead(entity text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_recount_1(dbml_batch public.customer_python[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_moved bigint;
begin
  perform
     from "public"."customer_python" p
     join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
    order by "p"."id"
      for no key update of p;
  if cardinality(dbml_batch) > 1 and dbml_scorer."profile_3_primes"() then
    perform dbml_scorer."profile_3_prime"(array_agg(jsonb_populate_record(p.*, jsonb_build_object('complaints', coalesce("d"."a0", 0), 'refunds', coalesce("d"."a1", null), 'recent', coalesce("d"."a2", 0)))))
       from "public"."customer_python" p
       join unnest(dbml_batch) as dbml_b on "p"."id" = "dbml_b"."id"
      cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_python" where "customer" = "dbml_b"."id") as f) as d;
  end if;
  -- Written even where nothing differs: a transaction with an older snapshot must not recount from it.
  update "public"."customer_python" p
     set "complaints" = coalesce("d"."a0", 0),
         "refunds" = coalesce("d"."a1", null),
         "recent" = coalesce("d"."a2", 0)
    from unnest(dbml_batch) as dbml_b
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_python" where "customer" = "dbml_b"."id") as f) as d
   where "p"."id" = "dbml_b"."id";
  get diagnostics dbml_moved = row_count;
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_moved;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_recount_1(dbml_batch public.customer_python[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_rekeyed(dbml_given public.customer_python) RETURNS public.customer_python
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  dbml_row record := dbml_given;
  dbml_counted record;
begin
  
  select d.* into dbml_counted
    from (select (dbml_given).*) as dbml_n
   cross join lateral (select count(f.v0) as a0, sum(f.v1) as a1, count(f.v2) filter (where f.t2 > ((now() at time zone 'UTC' - '30 days'::interval) at time zone 'UTC')) as a2 from (select "customer" as k0, 1 as v0, (amount
) as v1, 1 as v2, (at
) as t2 from "public"."complaint_python" where "customer" = "dbml_n"."id") as f) as d;
  dbml_row."complaints" := coalesce("dbml_counted"."a0", 0);
  dbml_row."refunds" := coalesce("dbml_counted"."a1", null);
  dbml_row."recent" := coalesce("dbml_counted"."a2", 0);

  -- Events that follow their profile row to its new key report it at the end of the same statement.
  perform set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true);
  return dbml_row;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_rekeyed(dbml_given public.customer_python) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  -- Prefixed, because a column of the profile may have any other name.
  dbml_batch "public"."customer_python"[];
  dbml_wanted "public"."customer_python"[] := '{}';
  dbml_from "public"."customer_python";
  dbml_entity text[];
begin
  if dbml_stale then
    for dbml_entity in
      select f.entity
        from dbml.failure f
       where f.profile = 3 and f.model = dbml_model
         and (dbml_last is null or f.entity > dbml_last)
       order by f.entity
       limit dbml_rows
    loop
      dbml_from."id" := dbml_entity[1];
      dbml_wanted := array_append(dbml_wanted, dbml_from);
      dbml_reached := dbml_entity;
    end loop;
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_python" dbml_row
              join unnest(dbml_wanted) as dbml_b on "dbml_row"."id" = "dbml_b"."id"
             order by "dbml_row"."id"
               for no key update of dbml_row) as b;
    -- Nothing is left to score where the row is gone.
    delete from dbml.failure f
     using unnest(dbml_wanted) as dbml_b
     where f.profile = 3 and f.model = dbml_model and f.entity = array["dbml_b"."id"::text]
       and not exists (select from "public"."customer_python" dbml_row where "dbml_row"."id" = "dbml_b"."id");
  elsif dbml_last is null then
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_python" dbml_row
             where true
               and (dbml_every or case "profile_3_rescore".dbml_model when 'neighbours' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 3 and f.model = 'neighbours' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  else
      dbml_from."id" := dbml_last[1];
    select array_agg(b.dbml_row order by (b.dbml_row)."id") into dbml_batch
      from (select dbml_row
              from "public"."customer_python" dbml_row
             where ("dbml_row"."id") > ((dbml_from)."id")
               and (dbml_every or case "profile_3_rescore".dbml_model when 'neighbours' then dbml_row."score_version" is distinct from dbml_version or exists (select from dbml.failure f where f.profile = 3 and f.model = 'neighbours' and f.entity = array["dbml_row"."id"::text]) else true end)
             order by "dbml_row"."id"
             limit dbml_rows
               for no key update) as b;

  end if;
  dbml_scored := coalesce(cardinality(dbml_batch), 0);
  if dbml_scored = 0 then
    return;
  end if;
  if dbml_scorer."profile_3_primes"() then
    perform dbml_scorer."profile_3_prime"(dbml_batch);
  end if;
  -- Changing the score is what makes the row's trigger compute it anew.
  update "public"."customer_python" p
     set "score" = case when "profile_3_rescore".dbml_model is distinct from 'neighbours' then p."score" when p."score" is null then 'NaN' end
    from unnest(dbml_batch) as b
   where "p"."id" = "b"."id";
  if not dbml_stale then
    dbml_from := dbml_batch[cardinality(dbml_batch)];
    dbml_reached := array[(dbml_from)."id"::text];
  end if;
end
$$;


ALTER FUNCTION dbml_scorer.profile_3_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.profile_3_score() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if new.id = old.id then
  elsif tg_op = 'INSERT' then
    new.recent := 0;
    new.refunds := null;
    new.complaints := 0;
  elsif new.id is distinct from old.id then
    new := dbml_scorer.profile_3_rekeyed(new);
  end if;
  <<dbml_prediction>>
  begin
    begin
      -- A session that was open when a column changed its type fails here already.
      if not (new.complaints is distinct from old.complaints or new.refunds is distinct from old.refunds) then
        if tg_op = 'UPDATE' and not (new.id is distinct from old.id or new.plan is distinct from old.plan or new.score is distinct from old.score or new.score_version is distinct from old.score_version or new.scored_at is distinct from old.scored_at or new.spend is distinct from old.spend) then
          exit dbml_prediction;
        end if;
      end if;
      declare
        dbml_answer float8 := dbml._score_in_bulk('neighbours@1 5951d1704d9726bbe38d6de9d8ed9b572348f79e57440b8ec693196c8c7df6d1', array[new.complaints::float8, dbml_scorer.profile_3_neighbours_feature_3(new.refunds)::float8, new.spend::float8]::float8[], array[new.plan::text]::text[], 3, pg_trigger_depth(), statement_timestamp(), array[new.id::text]);
      begin
        if dbml_answer is null then
          exit dbml_prediction;
        end if;
        new.score := dbml_answer;
      end;
    exception when others then
      if tg_op = 'UPDATE' then new.score := old.score;
      elsif exists (select from dbml.profile p where p.id = 3) then new.score := null;
      end if;
      if tg_op = 'UPDATE' then new.score_version := old.score_version;
      elsif exists (select from dbml.profile p where p.id = 3) then new.score_version := null;
      end if;
      if tg_op = 'UPDATE' then new.scored_at := old.scored_at;
      elsif exists (select from dbml.profile p where p.id = 3) then new.scored_at := null;
      end if;
      if not (tg_op = 'INSERT' and exists (select from public.customer_python q where q.id = new.id)) then
        perform dbml._record_failure(3, 'neighbours', 1, array[new.id::text], sqlstate, sqlerrm);
      end if;
      exit dbml_prediction;
    end;
    new.score_version := 1;
    new.scored_at := now();
    -- Where no row has failed, the table need not be asked.
    if pg_sequence_last_value('dbml.failures'::regclass) is not null then
      if exists (select from dbml.failure f where f.profile = 3 and f.model = 'neighbours' and f.entity = array[new.id::text]) then
        if not (tg_op = 'INSERT' and exists (select from public.customer_python q where q.id = new.id)) then
          delete from dbml.failure f where f.profile = 3 and f.model = 'neighbours' and f.entity = array[new.id::text];
        end if;
      end if;
    end if;
  end dbml_prediction;
  return new;
end$$;


ALTER FUNCTION dbml_scorer.profile_3_score() OWNER TO dbml_owner;

CREATE FUNCTION dbml_scorer.version_linear_1(numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$select case when ((not (dbml._ieee_less_equal(coalesce((numbers[1]), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((numbers[1]), 'NaN'::float8))))) is not true then dbml._refuse('linear@1 cannot score this row: feature "complaints" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((numbers[1]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[2]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[3]), 'NaN'::float8))) is not true then dbml._refuse('linear@1 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((texts[1]) collate "C" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((numbers[1]), 'NaN'::float8), coalesce((numbers[2]), 'NaN'::float8), coalesce((numbers[3]), 'NaN'::float8)]::float8[], '{0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865}'::float8[], '-12.478393250778332'::float8)), 'linear@1 cannot score this row: the estimator answered NaN or infinity') end$$;


ALTER FUNCTION dbml_scorer.version_linear_1(numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.version_linear_1(numbers double precision[], texts text[]) IS 'Scores the rows that linear@1 cannot score by plain arithmetic.';


CREATE FUNCTION dbml_scorer.version_linear_2(numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$select case when ((not (dbml._ieee_less_equal(coalesce((numbers[1]), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((numbers[1]), 'NaN'::float8))))) is not true then dbml._refuse('linear@2 cannot score this row: feature "complaints" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((numbers[1]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[2]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[3]), 'NaN'::float8))) is not true then dbml._refuse('linear@2 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((texts[1]) collate "C" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((numbers[1]), 'NaN'::float8), coalesce((numbers[2]), 'NaN'::float8), coalesce((numbers[3]), 'NaN'::float8)]::float8[], '{0.006406570961950886,-0.024221209418479866,0.017809041800160207,0.3358279888334178,-0.02290361216128794,0.019414658244329818}'::float8[], '-1.9394164028057865'::float8)), 'linear@2 cannot score this row: the estimator answered NaN or infinity') end$$;


ALTER FUNCTION dbml_scorer.version_linear_2(numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.version_linear_2(numbers double precision[], texts text[]) IS 'Scores the rows that linear@2 cannot score by plain arithmetic.';


CREATE FUNCTION dbml_scorer.version_spare_1(numbers double precision[], texts text[]) RETURNS double precision
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$select case when ((not (dbml._ieee_less_equal(coalesce((numbers[1]), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((numbers[1]), 'NaN'::float8))))) is not true then dbml._refuse('spare@1 cannot score this row: feature "complaints" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((numbers[1]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[2]), 'NaN'::float8)) and dbml._ieee_finite(coalesce((numbers[3]), 'NaN'::float8))) is not true then dbml._refuse('spare@1 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((texts[1]) collate "C" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((texts[1]) collate "C" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((numbers[1]), 'NaN'::float8), coalesce((numbers[2]), 'NaN'::float8), coalesce((numbers[3]), 'NaN'::float8)]::float8[], '{0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865}'::float8[], '-12.478393250778332'::float8)), 'spare@1 cannot score this row: the estimator answered NaN or infinity') end$$;


ALTER FUNCTION dbml_scorer.version_spare_1(numbers double precision[], texts text[]) OWNER TO dbml_owner;

COMMENT ON FUNCTION dbml_scorer.version_spare_1(numbers double precision[], texts text[]) IS 'Scores the rows that spare@1 cannot score by plain arithmetic.';


CREATE TABLE dbml.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE dbml.alembic_version OWNER TO dbml_owner;

CREATE TABLE dbml.arrival (
    profile integer NOT NULL,
    entity bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE dbml.arrival OWNER TO dbml_owner;

COMMENT ON TABLE dbml.arrival IS 'Where an event without a profile row and the arriving profile row wait for each other.';


CREATE TABLE dbml.bytecode (
    fingerprint text NOT NULL,
    python text NOT NULL,
    code bytea NOT NULL
);
ALTER TABLE ONLY dbml.bytecode ALTER COLUMN code SET STORAGE EXTERNAL;


ALTER TABLE dbml.bytecode OWNER TO dbml_owner;

COMMENT ON TABLE dbml.bytecode IS 'Plans compiled in this server for its own Python; can be emptied at any time.';


CREATE TABLE dbml.deployment (
    id bigint NOT NULL,
    model text NOT NULL,
    version integer,
    deployed_at timestamp with time zone DEFAULT now() NOT NULL,
    deployed_by text DEFAULT SESSION_USER NOT NULL,
    note text
);


ALTER TABLE dbml.deployment OWNER TO dbml_owner;

COMMENT ON TABLE dbml.deployment IS 'Every deployment ever made; the newest of a model is the one that serves.';


CREATE TABLE dbml.model_version (
    model text NOT NULL,
    version integer NOT NULL,
    engine text NOT NULL,
    fingerprint text NOT NULL,
    sha256 text NOT NULL,
    signature jsonb NOT NULL,
    golden jsonb NOT NULL,
    libraries jsonb NOT NULL,
    training_summary jsonb,
    artifact bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text DEFAULT SESSION_USER NOT NULL,
    plan json,
    expression text[],
    careful_expression text[],
    parity jsonb DEFAULT '{}'::jsonb NOT NULL,
    cost jsonb DEFAULT '{}'::jsonb NOT NULL,
    metrics jsonb DEFAULT '{}'::jsonb NOT NULL,
    git_revision text,
    note text,
    migrated boolean DEFAULT false NOT NULL,
    kind text DEFAULT 'joblib'::text NOT NULL,
    CONSTRAINT model_version_kind_check CHECK ((kind = ANY (ARRAY['joblib'::text, 'skops'::text, 'onnx'::text]))),
    CONSTRAINT model_version_model_check CHECK ((model ~ '^[a-z_][a-z0-9_]{0,39}$'::text)),
    CONSTRAINT model_version_unpickled_check CHECK (((kind = 'joblib'::text) OR (engine <> 'python'::text))),
    CONSTRAINT model_version_version_check CHECK ((version > 0))
);


ALTER TABLE dbml.model_version OWNER TO dbml_owner;

COMMENT ON TABLE dbml.model_version IS 'A stored model. Immutable: UPDATE and TRUNCATE are refused.';


CREATE VIEW dbml.deployment_history AS
 SELECT d.model,
    d.version,
    d.deployed_at,
    lead(d.deployed_at) OVER (PARTITION BY d.model ORDER BY d.id) AS replaced_at,
    d.deployed_by,
    d.note,
    v.sha256,
    v.git_revision
   FROM (dbml.deployment d
     LEFT JOIN dbml.model_version v ON (((v.model = d.model) AND (v.version = d.version))));


ALTER TABLE dbml.deployment_history OWNER TO dbml_owner;

COMMENT ON VIEW dbml.deployment_history IS 'Who deployed which version when, and why; without a version: from then on none of the model''s served.';


ALTER TABLE dbml.deployment ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dbml.deployment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE dbml.event (
    profile integer NOT NULL,
    "position" integer NOT NULL,
    relation regclass NOT NULL,
    key text[] NOT NULL,
    counters jsonb NOT NULL,
    followed_until timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE dbml.event OWNER TO dbml_owner;

COMMENT ON TABLE dbml.event IS 'A table whose rows move counters of a profile; counters maps a column to its aggregate.';


CREATE TABLE dbml.failure (
    profile integer NOT NULL,
    model text NOT NULL,
    entity text[] NOT NULL,
    version integer NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL,
    sqlstate text NOT NULL,
    message text NOT NULL
);


ALTER TABLE dbml.failure OWNER TO dbml_owner;

COMMENT ON TABLE dbml.failure IS 'Entities whose score is stale because the model could not score them: the queue of rescore.';


CREATE SEQUENCE dbml.failures
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE dbml.failures OWNER TO dbml_owner;

COMMENT ON SEQUENCE dbml.failures IS 'Called once a row could not be scored: then triggers look.';


CREATE TABLE dbml.trusted_key (
    public_key text NOT NULL,
    fingerprint text GENERATED ALWAYS AS ("left"(encode(sha256(decode(substr(public_key, 9), 'hex'::text)), 'hex'::text), 32)) STORED,
    owner text,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    added_by text DEFAULT SESSION_USER NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by text,
    CONSTRAINT trusted_key_check CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT trusted_key_public_key_check CHECK ((public_key ~ '^ed25519:[0-9a-f]{64}$'::text))
);


ALTER TABLE dbml.trusted_key OWNER TO dbml_owner;

COMMENT ON TABLE dbml.trusted_key IS 'Ed25519 keys whose signatures let the server unpickle a version. Only the owner can write it.';


CREATE TABLE dbml.version_signature (
    model text NOT NULL,
    version integer NOT NULL,
    public_key text NOT NULL,
    signature bytea NOT NULL,
    signed_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE dbml.version_signature OWNER TO dbml_owner;

COMMENT ON TABLE dbml.version_signature IS 'Ed25519 signatures. Beside the version, which never changes: another key may sign it later.';


CREATE VIEW dbml.model AS
 SELECT v.model AS name,
    v.version,
    v.engine,
    (NOT (v.version IS DISTINCT FROM ( SELECT d.version
           FROM dbml.deployment d
          WHERE (d.model = v.model)
          ORDER BY d.id DESC
         LIMIT 1))) AS deployed,
    (v.signature ->> 'estimator'::text) AS estimator,
    (v.signature -> 'output'::text) AS output,
    (v.signature -> 'features'::text) AS features,
    v.sha256,
    octet_length(v.artifact) AS bytes,
    jsonb_array_length((v.golden -> 'rows'::text)) AS golden_rows,
    v.libraries,
    v.training_summary,
    v.created_at,
    v.created_by,
    v.parity,
    v.cost,
    v.metrics,
    v.git_revision,
    v.note,
    v.migrated,
    v.fingerprint,
    v.kind,
    ARRAY( SELECT (COALESCE(k.owner, k.fingerprint, 'a key not trusted'::text) ||
                CASE
                    WHEN (k.revoked_at IS NULL) THEN ''::text
                    ELSE ' (revoked)'::text
                END)
           FROM (dbml.version_signature s
             LEFT JOIN dbml.trusted_key k ON ((k.public_key = s.public_key)))
          WHERE ((s.model = v.model) AND (s.version = v.version))
          ORDER BY s.signed_at, s.public_key) AS signed_by
   FROM dbml.model_version v;


ALTER TABLE dbml.model OWNER TO dbml_owner;

COMMENT ON VIEW dbml.model IS 'Every stored version of every model, without its blob.';


CREATE TABLE dbml.setting (
    name text NOT NULL,
    value text NOT NULL
);


ALTER TABLE dbml.setting OWNER TO dbml_owner;

COMMENT ON TABLE dbml.setting IS 'What only the owner may set: where the server''s Python packages live, the code''s hash.';


CREATE VIEW dbml.status AS
 SELECT (p.relation)::text AS profile,
    r.column_name AS prediction,
    r.model,
    d.version,
    v.engine,
    r.on_error,
    d.deployed_at,
    d.deployed_by,
    ( SELECT array_agg((e.relation)::text ORDER BY e."position") AS array_agg
           FROM dbml.event e
          WHERE (e.profile = p.id)) AS events,
    f.stale,
    f.last_failure_at,
    f.last_failure,
    p.complete
   FROM ((((dbml.profile p
     JOIN dbml.prediction r ON ((r.profile = p.id)))
     LEFT JOIN LATERAL ( SELECT d_1.id,
            d_1.model,
            d_1.version,
            d_1.deployed_at,
            d_1.deployed_by,
            d_1.note
           FROM dbml.deployment d_1
          WHERE (d_1.model = r.model)
          ORDER BY d_1.id DESC
         LIMIT 1) d ON (true))
     LEFT JOIN dbml.model_version v ON (((v.model = d.model) AND (v.version = d.version))))
     CROSS JOIN LATERAL ( SELECT count(*) AS stale,
            max(f_1.failed_at) AS last_failure_at,
            (array_agg(
                CASE
                    WHEN (has_table_privilege((p.relation)::oid, 'select'::text) AND (NOT row_security_active((p.relation)::oid))) THEN ((f_1.sqlstate || ': '::text) || f_1.message)
                    ELSE f_1.sqlstate
                END ORDER BY f_1.failed_at DESC))[1] AS last_failure
           FROM dbml.failure f_1
          WHERE ((f_1.profile = p.id) AND (f_1.model = r.model))) f);


ALTER TABLE dbml.status OWNER TO dbml_owner;

COMMENT ON VIEW dbml.status IS 'What is attached, which version serves it, and what could not be scored.';


CREATE TABLE public.complaint_portable (
    id bigint NOT NULL,
    customer integer,
    amount numeric,
    at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.complaint_portable ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.complaint_portable_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.complaint_python (
    id bigint NOT NULL,
    customer integer,
    amount numeric,
    at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.complaint_python ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.complaint_python_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE public.complaint_sql (
    id bigint NOT NULL,
    customer integer,
    amount numeric,
    at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE public.complaint_sql ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.complaint_sql_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


COPY dbml.alembic_version (version_num) FROM stdin;
0008
\.


COPY dbml.arrival (profile, entity, at) FROM stdin;
\.


COPY dbml.deployment (id, model, version, deployed_at, deployed_by, note) FROM stdin;
1	linear	1	2026-11-29 01:24:58.295095+00	postgres	the first fit
2	linear	2	2026-11-29 01:24:58.362152+00	postgres	\N
3	linear	1	2026-11-29 01:24:58.473662+00	postgres	\N
4	forest	1	2026-11-29 01:25:00.125879+00	postgres	the first fit
5	forest	2	2026-11-29 01:25:00.20431+00	postgres	\N
6	neighbours	1	2026-11-29 01:25:06.981522+00	postgres	the first fit
7	neighbours	2	2026-11-29 01:25:07.033506+00	postgres	\N
8	neighbours	1	2026-11-29 01:25:07.09055+00	postgres	\N
9	spare	1	2026-11-29 01:25:08.906807+00	postgres	\N
10	spare	\N	2026-11-29 01:25:08.910078+00	postgres	taken back
\.


COPY dbml.event (profile, "position", relation, key, counters, followed_until) FROM stdin;
1	1	public.complaint_sql	{customer}	{"recent": {"over": "30 days", "empty": "0", "aggregate": "count(*)"}, "refunds": {"over": null, "empty": "null", "aggregate": "sum(amount)"}, "complaints": {"over": null, "empty": "0", "aggregate": "count(*)"}}	2026-11-29 01:24:58.055641+00
2	1	public.complaint_portable	{customer}	{"recent": {"over": "30 days", "empty": "0", "aggregate": "count(*)"}, "refunds": {"over": null, "empty": "null", "aggregate": "sum(amount)"}, "complaints": {"over": null, "empty": "0", "aggregate": "count(*)"}}	2026-11-29 01:24:59.921461+00
3	1	public.complaint_python	{customer}	{"recent": {"over": "30 days", "empty": "0", "aggregate": "count(*)"}, "refunds": {"over": null, "empty": "null", "aggregate": "sum(amount)"}, "complaints": {"over": null, "empty": "0", "aggregate": "count(*)"}}	2026-11-29 01:25:06.910306+00
\.


COPY dbml.failure (profile, model, entity, version, failed_at, sqlstate, message) FROM stdin;
1	linear	{9}	2	2026-11-29 01:24:58.450728+00	DB013	linear@2 cannot score this row: Input X of LogisticRegression contains NaN or infinity
2	forest	{9}	2	2026-11-29 01:25:00.237045+00	DB013	forest@2 cannot score this row: Input X of RandomForestClassifier contains infinity or a value too large for float32
3	neighbours	{9}	2	2026-11-29 01:25:07.077843+00	DB013	neighbours@2 cannot score this row: Input X contains infinity or a value too large for dtype('float64').
\.


COPY dbml.model_version (model, version, engine, fingerprint, sha256, signature, golden, libraries, training_summary, artifact, created_at, created_by, plan, expression, careful_expression, parity, cost, metrics, git_revision, note, migrated, kind) FROM stdin;
linear	1	sql	94fe4faf67761af7c91a208b17547e4bef9f8386649cc78c7b92db936ab2aa2e-61f8106f979ab145	99448f13f1f140510a976b5609b972f2c7523d4481a05d1e8e548557534791b1	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, LogisticRegression)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.9999615964331524, 0.0006132498726004288, 0.0925749255818351, 0.9999762646223196, 0.0012136955704580726, 0.9848373411212658, 0.012597829220590507, 0.059866073375366285, 0.9999490335045866, 0.015381643774836522, 0.0031303487064892224, 0.00012137930862386466], "synthetic": false, "hurtful_rows": [["dbml: never seen", 8, 14.25, 70.0], ["", 8, 14.25, 70.0], [" ", 8, 14.25, 70.0], ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8, 14.25, 70.0], ["größer 😀", 8, 14.25, 70.0], ["it's \\"$1\\" {n0} \\\\ %s --\\n;", 8, 14.25, 70.0], [null, 8, 14.25, 70.0], ["nan", 8, 14.25, 70.0], ["None", 8, 14.25, 70.0], ["größer", 0, 14.25, 70.0], ["größer", 1, 14.25, 70.0], ["größer", -1, 14.25, 70.0], ["größer", 0.5, 14.25, 70.0], ["größer", 2147483648, 14.25, 70.0], ["größer", -2147483648, 14.25, 70.0], ["größer", 9007199254740991, 14.25, 70.0], ["größer", 9007199254740992, 14.25, 70.0], ["größer", null, 14.25, 70.0], ["größer", "Infinity", 14.25, 70.0], ["größer", "-Infinity", 14.25, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 1.0, 70.0], ["größer", 8, -1.0, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005, 70.0], ["größer", 8, 0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, -0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, 0.0000000000000000000000000000000000000001, 70.0], ["größer", 8, 100000000000000000000000000000000000000, 70.0], ["größer", 8, 340282346638528860000000000000000000000, 70.0], ["größer", 8, 340282356779733600000000000000000000000, 70.0], ["größer", 8, 340282356779733660000000000000000000000, 70.0], ["größer", 8, 1000000000000000000000000000000000000000, 70.0], ["größer", 8, -1000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, null, 70.0], ["größer", 8, "Infinity", 70.0], ["größer", 8, "-Infinity", 70.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 1.0], ["größer", 8, 14.25, -1.0], ["größer", 8, 14.25, 0.5], ["größer", 8, 14.25, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005], ["größer", 8, 14.25, 0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, -0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, 0.0000000000000000000000000000000000000001], ["größer", 8, 14.25, 100000000000000000000000000000000000000], ["größer", 8, 14.25, 340282346638528860000000000000000000000], ["größer", 8, 14.25, 340282356779733600000000000000000000000], ["größer", 8, 14.25, 340282356779733660000000000000000000000], ["größer", 8, 14.25, 1000000000000000000000000000000000000000], ["größer", 8, 14.25, -1000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, null], ["größer", 8, 14.25, "Infinity"], ["größer", 8, 14.25, "-Infinity"], ["größer", -8, -14.25, -70.0], ["größer", -1, -11.5, -84.5], ["größer", -2, -15.75, -4.25], ["größer", 80, 142.5, 700.0], ["größer", 10, 115.0, 845.0], ["größer", 20, 157.5, 42.5], ["größer", -80, -142.5, -700.0], ["größer", -10, -115.0, -845.0], ["größer", -20, -157.5, -42.5], ["größer", 8000, 14250.0, 70000.0], ["größer", 1000, 11500.0, 84500.0], ["größer", 2000, 15750.0, 4250.0], ["größer", -8000, -14250.0, -70000.0], ["größer", -1000, -11500.0, -84500.0], ["größer", -2000, -15750.0, -4250.0], ["größer", 800000, 1425000.0, 7000000.0], ["größer", 100000, 1150000.0, 8450000.0], ["größer", 200000, 1575000.0, 425000.0], [null, null, null, null]], "hurtful_scores": [0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.00032765669460294315, 0.0031745836131997214, 0.00003373187016434105, 0.00102063635749598, 1.0, 0.0, 1.0, null, null, null, null, 0.9999855462805626, 0.9999855462805626, 0.9999845203265302, 0.999986504237846, 0.9999850420970303, 0.9999855462805626, 0.9999855462805626, 0.9999855462805626, 0.9999855462805626, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, null, null, null, 0.9876025972765158, 0.9876025972765158, 0.9885754559238682, 0.9865480220084147, 0.988098843645497, 0.9876025972765158, 0.9876025972765158, 0.9876025972765158, 0.9876025972765158, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, null, null, null, 0.000000000000000272643518354866, 0.0000000005564232862419294, 0.000000058480292169173515, 1.0, 1.0, 0.9999999999902622, 0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000033536718290390097, 0.00000000000000000000000000000000000000000042036036330196196, 0.00000000000000000000006912965326987267, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, null]}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 0.9999762646223196, "min": 0.00012137930862386466, "mean": 0.34751861509101034, "quantiles": [0.000391908118810975, 0.0026511854224814347, 0.03762385857510141, 0.988615264217096, 0.9999681971182777]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78dacd564d8c1445149ed9f9ddd95dd865c39ffc2a922cc11d174440d02c6444882d8312134f9b4a7577cd54bbdd556d7535cb1a89788065928a31a1f6ecc5c49818d4831ef480cac198e889a8076f9e4c3ce841cff8aaa767a69705511212fb30e9aa79f5eabdf77ddf7b7db1b83c52c8258f1a8fe67d8205ab875e487c8f11adaa2ff65eafea3d6fe90b7a4a952249c248cfc1eb84c3fd3860526016b5b80888d06a57cf89c3839047a48eba466885d54423d97c39b3d7bf60346369ee51639c11ca25610e77cde11dfd3805090577481479ac5d47a9410427ce30728acb13e989beeb9a83256973e111302ae25872b08d422c2282782cc358ea8e2ab9723184dc4b2c0ec245ad2a2d9f6379f000b8516b2866ae4f50cce6195f605a95bd36e302ac8baee0a16eaab1c063a825c86b3184b3081b6b027c1e65ee6daaf52d82652c08623820509ec08602435e65873330d46a1ca519a273908ec7e19ed2befa53f5191ddb508f62e863a6f192c66a5890007b2c29cb4888a34852c1e336051f695ab04122ca7d579f9cbdf944f2a83243af72db843299a9355a205e9b4ab35d817b6d000faab1397d45d9a023532d7d454dacdc84ccb59a04d7be67d793eaa1d073201500bc6996c785c08baf081c865954aa516c3b3e04afe96655612e3656a6daa5886240c22a5e82772e922cf30d4d37815d8a12580d9d39ac3b5796f4593d651554fe0ddd6c369fbf054ff263cd4a6dab1af67dbe8082008790d3966e6cc93d08fb0061409844f6a2047cacf1d8be585afe3897aa6243626c682c483d887de975e353a34810402c92227664126e8f308314acdc25ddc8dbba1b5dde64420bff2df68e515a1772e02f88ca07c001255511a415333732750a09733501ebfaf2c67c1af81ad6c3ac8b8c5554d5548c4656743756dbb2aa4492831d68007e5d0f5465c0a16be720094ca7e692f887ac0289550d0d6847a7e89eb9445aff18da12686785d010e03096553a322d85aea5ebbaaca0ebe906bab103586fa15be936babd497734e9ce267d983ea22621c4546312648f6d9fb8ba431fa7fbd3c34fd243f4b095876a1fa147c1c731dae8d0675368df7920d0e6ef0bda9e9813e80ea581d113565e8d0c7a8629cd6da915ee9cda7b0f24b5c27db2b664e3c873608ab4c58dcf6ebc6be40be9c651ca54913215ab4dc8744fe4b9e7116e49a0621bba58084d1d7ad170ff2f588ca30ca9814886c85601d35df4d1d8a6bb97808e6aef5dc60330d291d04c574ea2c9e7d2ed3bcea2a23904f78e7accb46282d275f51cb40d1700322cc68e434289baf486ae38e650e2cca3f408584cacee9daa06436d5af2696ec66c657e01ba51dbb4de11388606cb0dfd5190ca06b06b796d084e0df7f300072e6961405947ab447017a67cf0bf62cabf696cdfe6fbea28a4809f5ed244ad4d2b93762dd46d5baa6ac71e24c312373efc93846b159a261ae85a6f5a05ab9c2ce2aeb7cb5aadf379db8ba4e708d216863766f46eeff1c97c07618102f8a6f0eba8670aa75e485fcf0e4ef51954810cb02fa16c3517e8488caa5d4d8f9e9cfd2305a0eaef43020305f5c95c0f94a21b631f985390dc87c1fdd0c15f7edbda9856632dcfe4090a318c3303b8bf4091039404c540eb184da6693acf0d7b81282e0f50240d639baa1c71ff9c217fc9b75b40335535df281e78d2a77f2dd0692ba76a0b582407047c12d1bd4d287a595513bfa6c4b7716ca8cfb167d490bd6f00393dbe12f01c20491b57ba2c2cc04e2ebffc522fe90a4b6258e53d9ff5ee1dc812ea697d0fffa6a52e9fe9dd50723869adf66f952f676e6865284bdfbf87ff2f647b67e7a76bb3d7befa61f8c0cf3f5e9f19bef0fae7e59bb3d3a7ae6efb6666e858f5bbaf45e3ed4faeef3fd2f4ce3ef6e9ecf24c2f96da00babb27fc51ffb2f2ade4f930fcfeafdfff9cfab2efa7c75dd041bf1f74c7b8013a200117f0154aa73b5dc3fadfebc9b99f	2026-11-29 01:24:57.537772+00	postgres	{"format":1,"numbers":3,"texts":1,"nodes":[{"op":"text","index":0},{"op":"number","index":0},{"op":"constant","value":-9007199254740992.0},{"op":"less_equal","of":[1,2]},{"op":"constant","value":9007199254740992.0},{"op":"less_equal","of":[4,1]},{"op":"any","of":[3,5]},{"op":"not","of":[6]},{"op":"number","index":1},{"op":"number","index":2},{"op":"is","of":[0],"value":"basic"},{"op":"is","of":[0],"value":"größer"},{"op":"is","of":[0],"value":"plus"},{"op":"indicator","of":[10]},{"op":"indicator","of":[11]},{"op":"indicator","of":[12]},{"op":"finite","of":[1]},{"op":"finite","of":[8]},{"op":"finite","of":[9]},{"op":"dot","of":[13,14,15,1,8,9],"weights":[0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865],"constant":-12.478393250778332},{"op":"sigmoid","of":[19]}],"checks":[{"node":7,"because":"feature \\"complaints\\" is an integer too large to be exact","ordinary":true},{"node":16,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":17,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":18,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true}],"output":20}	{"case when abs((",n0,")) < '9007199254740992.0'::float8 and (",r1,") is not null and (",r2,") is not null and least((",n1,"), (",n2,")) > '-9007199254740992.0'::float8 and greatest((",n1,"), (",n2,")) < '9007199254740992.0'::float8 then ('0.5'::float8 + '0.5'::float8 * tanh((coalesce(('{0.030119078257361247,-0.17856455307220415,0.14864283543472245}'::float8[])[array_position(array['basic', 'größer', 'plus']::text[], (",t0,") collate \\"C\\")], '0.0'::float8) + ((",n0,") * '1.1369086413656178'::float8) + (((",n1,") + '1e-80'::float8) * '-0.03428850913896758'::float8) + (((",n2,") + '1e-80'::float8) * '0.04135377440899325'::float8) + '-6.239196625389166'::float8))) end"}	{"case when ((not (dbml._ieee_less_equal(coalesce((",n0,"), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((",n0,"), 'NaN'::float8))))) is not true then dbml._refuse('linear@1 cannot score this row: feature \\"complaints\\" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((",n0,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n1,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n2,"), 'NaN'::float8))) is not true then dbml._refuse('linear@1 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((",t0,") collate \\"C\\" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((",n0,"), 'NaN'::float8), coalesce((",n1,"), 'NaN'::float8), coalesce((",n2,"), 'NaN'::float8)]::float8[], '{0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865}'::float8[], '-12.478393250778332'::float8)), 'linear@1 cannot score this row: the estimator answered NaN or infinity') end"}	{"sql": {"rows": 95, "error": null, "differing": 0, "worst_row": null, "largest_difference": 0.00000000000000011102230246251565}}	{"sql": {"cold_us": 654.0, "warm_us": 0.2833333333333333, "memory_kb": 1488.0, "in_batches": false}}	{"auc": 0.9}	\N	made for a dump	f	joblib
linear	2	sql	6617b6604f7784fb6aae19577a86be94c7f1ac9cb1c484bf0d5044415a43a78d-fbdf6cb03a9fa28b	1f98638af3b907abee2f75a90714471dca4122bd059fde89c034477db20ee493	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, LogisticRegression)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.8526622448434658, 0.3031343331591355, 0.3982951769752135, 0.8912864284593092, 0.288930894580416, 0.6400399032401418, 0.4376604317687078, 0.37028296632854607, 0.8639747775819342, 0.37178835334900573, 0.2547249983388432, 0.17218770690393562], "synthetic": false, "hurtful_rows": [["dbml: never seen", 8, 14.25, 70.0], ["", 8, 14.25, 70.0], [" ", 8, 14.25, 70.0], ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8, 14.25, 70.0], ["größer 😀", 8, 14.25, 70.0], ["it's \\"$1\\" {n0} \\\\ %s --\\n;", 8, 14.25, 70.0], [null, 8, 14.25, 70.0], ["nan", 8, 14.25, 70.0], ["None", 8, 14.25, 70.0], ["größer", 0, 14.25, 70.0], ["größer", 1, 14.25, 70.0], ["größer", -1, 14.25, 70.0], ["größer", 0.5, 14.25, 70.0], ["größer", 2147483648, 14.25, 70.0], ["größer", -2147483648, 14.25, 70.0], ["größer", 9007199254740991, 14.25, 70.0], ["größer", 9007199254740992, 14.25, 70.0], ["größer", null, 14.25, 70.0], ["größer", "Infinity", 14.25, 70.0], ["größer", "-Infinity", 14.25, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 1.0, 70.0], ["größer", 8, -1.0, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005, 70.0], ["größer", 8, 0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, -0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, 0.0000000000000000000000000000000000000001, 70.0], ["größer", 8, 100000000000000000000000000000000000000, 70.0], ["größer", 8, 340282346638528860000000000000000000000, 70.0], ["größer", 8, 340282356779733600000000000000000000000, 70.0], ["größer", 8, 340282356779733660000000000000000000000, 70.0], ["größer", 8, 1000000000000000000000000000000000000000, 70.0], ["größer", 8, -1000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, null, 70.0], ["größer", 8, "Infinity", 70.0], ["größer", 8, "-Infinity", 70.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 1.0], ["größer", 8, 14.25, -1.0], ["größer", 8, 14.25, 0.5], ["größer", 8, 14.25, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005], ["größer", 8, 14.25, 0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, -0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, 0.0000000000000000000000000000000000000001], ["größer", 8, 14.25, 100000000000000000000000000000000000000], ["größer", 8, 14.25, 340282346638528860000000000000000000000], ["größer", 8, 14.25, 340282356779733600000000000000000000000], ["größer", 8, 14.25, 340282356779733660000000000000000000000], ["größer", 8, 14.25, 1000000000000000000000000000000000000000], ["größer", 8, 14.25, -1000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, null], ["größer", 8, 14.25, "Infinity"], ["größer", 8, 14.25, "-Infinity"], ["größer", -8, -14.25, -70.0], ["größer", -1, -11.5, -84.5], ["größer", -2, -15.75, -4.25], ["größer", 80, 142.5, 700.0], ["größer", 10, 115.0, 845.0], ["größer", 20, 157.5, 42.5], ["größer", -80, -142.5, -700.0], ["größer", -10, -115.0, -845.0], ["größer", -20, -157.5, -42.5], ["größer", 8000, 14250.0, 70000.0], ["größer", 1000, 11500.0, 84500.0], ["größer", 2000, 15750.0, 4250.0], ["größer", -8000, -14250.0, -70000.0], ["größer", -1000, -11500.0, -84500.0], ["größer", -2000, -15750.0, -4250.0], ["größer", 800000, 1425000.0, 7000000.0], ["größer", 100000, 1150000.0, 8450000.0], ["größer", 200000, 1575000.0, 425000.0], [null, null, null, null]], "hurtful_scores": [0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.8556792211984842, 0.2827243120153712, 0.35545178402835126, 0.2198027880382458, 0.31797923688355123, 1.0, 0.0, 1.0, null, null, null, null, 0.8891425446697292, 0.8891425446697292, 0.8868647779557641, 0.891380069389181, 0.8880087217724792, 0.8891425446697292, 0.8891425446697292, 0.8891425446697292, 0.8891425446697292, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, null, null, null, 0.597872862348317, 0.597872862348317, 0.6025315533827998, 0.5931964335734253, 0.600204473643625, 0.597872862348317, 0.597872862348317, 0.597872862348317, 0.597872862348317, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, null, null, null, 0.0033920901538459225, 0.02468384538659647, 0.08650513360434049, 0.9999999999999996, 0.999999740915961, 0.8776890954429682, 0.000000000000000009876507100829481, 0.00000000510324960042871, 0.0027374112248051163, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001905252827841439, 1.0, 1.0, 1.0, null]}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 0.8912864284593092, "min": 0.17218770690393562, "mean": 0.4870806846273878, "quantiles": [0.21758321719313478, 0.29958347351445563, 0.38504176516210964, 0.6931954886409728, 0.8762650204767529]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78dacd56cd8f1445149fd9f96476177659f9922f154996901d41115020235971d58641d1c4d3a652dd5d33d56e7755535dbdcba22226c2ee247520521bbd1913e357a278f228264412133d190f1cd18b897f04beeae9f95816444948ecc3a4abe6d5abf7deeff77bafcfe797067399e45123d18c4fb060d5d00b89ef31a255f995ceeb65bdeb3dfd8e1e5785489230d2d3f03aea703f0e981498450d2e0222b4dad171e2f020e411a9a2b6115a66353a996cbedeb7d7bd60a8cfd2dca3863923944bc21cee9ac3dbbb710a120aee9028f258b38a5283084e9c64e4452e8fa527baae2b0e96a4c98547c0288f63c9c1360ab18808e2b10c63a95baae0caf910722fb03808e7b52a357c8ee5fe7de046ada698b93e41319b617c8e6955f49a8c0bb0cebb8287baae86038fa18620a76308671e365607f80ceabbb7aed6350896b12088e1804079021b0a0c79151dcec050ab1194668866211d8fc33d85bdd567aa7b746c433df2a18f99c60b1aab558204d863495906431c45920a1e3729f848d3820d1251eebb7aaaf6eb53c9a38a0cbdc96d13ca585fadd11cf19a549aed12dc6b0378508d4de92bea0f3a32d5d28b6a74f92664aed518b8f63dbb9a540f859e03a900e075b33c2a049e7f43e030ec47a51cc5b6e343f09a6e5225e6626365aa5d88280624acfc0578e722c9323ba9e946b04b5102ab819307756b71419fd2e3564e65dfd6f57afde55bf0243f564d6a5b55b0eff339140438849c36b7634bee41d8070803c224b2e725e0638dc4f6f9c2d2b7995415eb1363436341aa41ec4baf1d9f1a428200629114b12393703b84e9a560652ee8c9acaddbd1654d2634f7df626f19a5b52107fe82a87c001c505225411a31732353a790305713b0ae2e6dc8a681af661dccdac85879554ec56864457762b5b55f954872b0030dc0afeb81aa0c3874cd342481e9f87412ff809523b1aaa01eede838dd359d48eb1f435b00ed2c131a021c86fb958e4c4ba16be8da362be83aba9e6e6801d69be916ba956eabd3ed75fa489d3e4a1f53631062aa3109b2c7b64f5cdda24fd027d3c34fd303f4a095856a3f4b0f818fe7e8648b3e9f427be981409bbd2f683b624ea03b9006468f595935d8eb19a634b7a596bb736a9f3e90d472f7c9da828d23cf8129d214d7bebbf6b1912fa41b47295345ca54ac3622d33d91e79e41b821818a4de862213475e845abba7fc16204f5911a8864886ce530dd411f8f6dba7301e8a876df653c00231d09cd74f9241a7b21ddbee32cca9b4370ef90c74c2b26285d9767a16db800906131761c124ad4a63774c56187126706a547c0627465ef5415186a13924f7033664b3373d08d9aa6f50ec231d45baeef8e825436805dc36b42706a55370f70e09206069475b442047761ca97ff2ba6fc9bc6f653b6ab8e5c0af889054dd49ab43269d742edb6a5ca76ec41322c71e3c33f49b856ae6ea281aef5ae95b38ac9226e7bbba8d55a9f37bd487a8e204d61786346efb60e9fcc77101628806f0abf8a3aa670ea78fa7aaa77aacba01264807d0965abb840476254ed6a7a68aaf6fed99b53df3cf4962afb7b91c040413d95e980927763ec03737292fb30b81fdefffb5f5b2627d470c3337982420ce3cc00ee2e50e400254131d03a8692699ace73c35e208acb031449c3d8ba2a46dc9f35e42ff8760368a6cae61bc5034ffac49f393a616554650e8be480804f22babb0e452faa72e2d794f8368e0d743976440dd87b7b90d3a3cb01cf00927472b1cdc21cec64b24baf76922eb1248615deb3fddebd7dfd843aacefe1bf0a8e974e766e28389c3456fab78a17fb6e68f451967e7e0fff9fb9133f5f3f72b6b6fbab976e9cfee5a3abd78fcf5c5a3cfc41adfafdd4d7fbcefd56bbf2c98feea0fcf0ea6b3ffcf105bf79b9b6b4a7134ba507dddd13bed2bdac782b79c2d2ecb91ba55b57bb7e3adc051d74fb417b8c1ba0031270015fa174a2d536acfe0d5562bdd8	2026-11-29 01:24:58.014159+00	postgres	{"format":1,"numbers":3,"texts":1,"nodes":[{"op":"text","index":0},{"op":"number","index":0},{"op":"constant","value":-9007199254740992.0},{"op":"less_equal","of":[1,2]},{"op":"constant","value":9007199254740992.0},{"op":"less_equal","of":[4,1]},{"op":"any","of":[3,5]},{"op":"not","of":[6]},{"op":"number","index":1},{"op":"number","index":2},{"op":"is","of":[0],"value":"basic"},{"op":"is","of":[0],"value":"größer"},{"op":"is","of":[0],"value":"plus"},{"op":"indicator","of":[10]},{"op":"indicator","of":[11]},{"op":"indicator","of":[12]},{"op":"finite","of":[1]},{"op":"finite","of":[8]},{"op":"finite","of":[9]},{"op":"dot","of":[13,14,15,1,8,9],"weights":[0.006406570961950886,-0.024221209418479866,0.017809041800160207,0.3358279888334178,-0.02290361216128794,0.019414658244329818],"constant":-1.9394164028057865},{"op":"sigmoid","of":[19]}],"checks":[{"node":7,"because":"feature \\"complaints\\" is an integer too large to be exact","ordinary":true},{"node":16,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":17,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":18,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true}],"output":20}	{"case when abs((",n0,")) < '9007199254740992.0'::float8 and (",r1,") is not null and (",r2,") is not null and least((",n1,"), (",n2,")) > '-9007199254740992.0'::float8 and greatest((",n1,"), (",n2,")) < '9007199254740992.0'::float8 then ('0.5'::float8 + '0.5'::float8 * tanh((coalesce(('{0.003203285480975443,-0.012110604709239933,0.008904520900080103}'::float8[])[array_position(array['basic', 'größer', 'plus']::text[], (",t0,") collate \\"C\\")], '0.0'::float8) + (((",n0,") + '1e-80'::float8) * '0.1679139944167089'::float8) + (((",n1,") + '1e-80'::float8) * '-0.01145180608064397'::float8) + (((",n2,") + '1e-80'::float8) * '0.009707329122164909'::float8) + '-0.9697082014028933'::float8))) end"}	{"case when ((not (dbml._ieee_less_equal(coalesce((",n0,"), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((",n0,"), 'NaN'::float8))))) is not true then dbml._refuse('linear@2 cannot score this row: feature \\"complaints\\" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((",n0,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n1,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n2,"), 'NaN'::float8))) is not true then dbml._refuse('linear@2 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((",t0,") collate \\"C\\" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((",n0,"), 'NaN'::float8), coalesce((",n1,"), 'NaN'::float8), coalesce((",n2,"), 'NaN'::float8)]::float8[], '{0.006406570961950886,-0.024221209418479866,0.017809041800160207,0.3358279888334178,-0.02290361216128794,0.019414658244329818}'::float8[], '-1.9394164028057865'::float8)), 'linear@2 cannot score this row: the estimator answered NaN or infinity') end"}	{"sql": {"rows": 95, "error": null, "differing": 0, "worst_row": null, "largest_difference": 0.0000000000000002220446049250313}}	{"sql": {"cold_us": 362.0, "warm_us": 0.5875, "memory_kb": 64.0, "in_batches": false}}	{"auc": 0.9}	\N	made for a dump	f	joblib
forest	1	portable	1c92a4c7530583588ab9fcbf27077af281193460799298770c9aa464ec217f47-48b882515b4ed55b	4391dc56838f7cdd249d026169d857cd80606c543ac58e39cb8f05cace1aa279	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, RandomForestClassifier)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.82, 0.4125, 0.45076923076923076, 1.0, 0.0125, 1.0, 0.0766025641025641, 0.03076923076923077, 0.9875, 0.23826923076923076, 0.05076923076923077, 0.25076923076923074], "synthetic": false, "hurtful_rows": [["dbml: never seen", 8, 14.25, 70.0], ["", 8, 14.25, 70.0], [" ", 8, 14.25, 70.0], ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8, 14.25, 70.0], ["größer 😀", 8, 14.25, 70.0], ["it's \\"$1\\" {n0} \\\\ %s --\\n;", 8, 14.25, 70.0], [null, 8, 14.25, 70.0], ["nan", 8, 14.25, 70.0], ["None", 8, 14.25, 70.0], ["größer", 0, 14.25, 70.0], ["größer", 1, 14.25, 70.0], ["größer", -1, 14.25, 70.0], ["größer", 0.5, 14.25, 70.0], ["größer", 2147483648, 14.25, 70.0], ["größer", -2147483648, 14.25, 70.0], ["größer", 9007199254740991, 14.25, 70.0], ["größer", 9007199254740992, 14.25, 70.0], ["größer", null, 14.25, 70.0], ["größer", "Infinity", 14.25, 70.0], ["größer", "-Infinity", 14.25, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 1.0, 70.0], ["größer", 8, -1.0, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005, 70.0], ["größer", 8, 0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, -0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, 0.0000000000000000000000000000000000000001, 70.0], ["größer", 8, 100000000000000000000000000000000000000, 70.0], ["größer", 8, 340282346638528860000000000000000000000, 70.0], ["größer", 8, 340282356779733600000000000000000000000, 70.0], ["größer", 8, 340282356779733660000000000000000000000, 70.0], ["größer", 8, 1000000000000000000000000000000000000000, 70.0], ["größer", 8, -1000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, null, 70.0], ["größer", 8, "Infinity", 70.0], ["größer", 8, "-Infinity", 70.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 1.0], ["größer", 8, 14.25, -1.0], ["größer", 8, 14.25, 0.5], ["größer", 8, 14.25, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005], ["größer", 8, 14.25, 0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, -0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, 0.0000000000000000000000000000000000000001], ["größer", 8, 14.25, 100000000000000000000000000000000000000], ["größer", 8, 14.25, 340282346638528860000000000000000000000], ["größer", 8, 14.25, 340282356779733600000000000000000000000], ["größer", 8, 14.25, 340282356779733660000000000000000000000], ["größer", 8, 14.25, 1000000000000000000000000000000000000000], ["größer", 8, 14.25, -1000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, null], ["größer", 8, 14.25, "Infinity"], ["größer", 8, 14.25, "-Infinity"], ["größer", -8, -14.25, -70.0], ["größer", -1, -11.5, -84.5], ["größer", -2, -15.75, -4.25], ["größer", 80, 142.5, 700.0], ["größer", 10, 115.0, 845.0], ["größer", 20, 157.5, 42.5], ["größer", -80, -142.5, -700.0], ["größer", -10, -115.0, -845.0], ["größer", -20, -157.5, -42.5], ["größer", 8000, 14250.0, 70000.0], ["größer", 1000, 11500.0, 84500.0], ["größer", 2000, 15750.0, 4250.0], ["größer", -8000, -14250.0, -70000.0], ["größer", -1000, -11500.0, -84500.0], ["größer", -2000, -15750.0, -4250.0], ["größer", 800000, 1425000.0, 7000000.0], ["größer", 100000, 1150000.0, 8450000.0], ["größer", 200000, 1575000.0, 425000.0], [null, null, null, null], ["plus", 2, 5.0, 62.0], ["plus", 3, 5.0, 62.0], ["größer", 3, 19.75, 34.0], ["größer", 4, 19.75, 34.0], ["größer", 4, 8.75, 98.75], ["größer", 5, 8.75, 98.75], ["plus", 16, 9.5, 46.5], ["größer", 8, 0.4999999701976776, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.5000000298023223, 70.0], ["größer", 8, 0.5000000298023224, 70.0], ["größer", 8, 0.5000000298023225, 70.0], ["größer", 8, 0.5000000596046448, 70.0], ["plus", 0, 3.249999761581421, 62.0], ["plus", 0, 3.25, 62.0], ["plus", 0, 3.250000119209289, 62.0], ["plus", 0, 3.2500001192092896, 62.0], ["plus", 0, 3.25000011920929, 62.0], ["plus", 0, 3.250000238418579, 62.0], ["größer", 4, 6.499999523162842, 34.0], ["größer", 4, 6.5, 34.0], ["größer", 4, 6.500000238418578, 34.0], ["größer", 4, 6.500000238418579, 34.0], ["größer", 4, 6.50000023841858, 34.0], ["größer", 4, 6.500000476837158, 34.0], ["größer", 7, 7.749999523162842, 98.75], ["größer", 7, 7.75, 98.75], ["größer", 7, 7.750000238418578, 98.75], ["größer", 7, 7.750000238418579, 98.75], ["größer", 7, 7.75000023841858, 98.75], ["größer", 7, 7.750000476837158, 98.75], ["plus", 1, 11.374999046325684, 46.5], ["plus", 1, 11.375, 46.5], ["plus", 1, 11.375000476837156, 46.5], ["plus", 1, 11.375000476837158, 46.5], ["plus", 1, 11.37500047683716, 46.5], ["plus", 1, 11.375000953674316, 46.5], ["größer", 7, 14.249999046325684, 21.5], ["größer", 7, 14.25, 21.5], ["größer", 7, 14.250000476837156, 21.5], ["größer", 7, 14.250000476837158, 21.5], ["größer", 7, 14.25000047683716, 21.5], ["größer", 7, 14.250000953674316, 21.5], ["größer", 1, 34.499996185302734, 84.5], ["größer", 1, 34.49999999999999, 84.5], ["größer", 1, 34.5, 84.5], ["größer", 1, 34.50000000000001, 84.5], ["größer", 1, 34.500003814697266, 84.5], ["größer", 8, 14.25, 16.249998092651367], ["größer", 8, 14.25, 16.25], ["größer", 8, 14.25, 16.250000953674313], ["größer", 8, 14.25, 16.250000953674316], ["größer", 8, 14.25, 16.25000095367432], ["größer", 8, 14.25, 16.250001907348633], ["plus", 0, 5.0, 68.12499237060547], ["plus", 0, 5.0, 68.125], ["plus", 0, 5.0, 68.12500381469725], ["plus", 0, 5.0, 68.12500381469727], ["plus", 0, 5.0, 68.12500381469728], ["plus", 0, 5.0, 68.12500762939453], ["größer", 4, 19.75, 70.49999237060547], ["größer", 4, 19.75, 70.5], ["größer", 4, 19.75, 70.50000381469725], ["größer", 4, 19.75, 70.50000381469727], ["größer", 4, 19.75, 70.50000381469728], ["größer", 4, 19.75, 70.50000762939453], ["größer", 7, 8.75, 77.37499237060547], ["größer", 7, 8.75, 77.375], ["größer", 7, 8.75, 77.37500381469725], ["größer", 7, 8.75, 77.37500381469727], ["größer", 7, 8.75, 77.37500381469728], ["größer", 7, 8.75, 77.37500762939453], ["plus", 1, 9.5, 77.87499237060547], ["plus", 1, 9.5, 77.875], ["plus", 1, 9.5, 77.87500381469725], ["plus", 1, 9.5, 77.87500381469727], ["plus", 1, 9.5, 77.87500381469728], ["plus", 1, 9.5, 77.87500762939453], ["größer", 7, 10.0, 94.87499237060547], ["größer", 7, 10.0, 94.875], ["größer", 7, 10.0, 94.87500381469725], ["größer", 7, 10.0, 94.87500381469727], ["größer", 7, 10.0, 94.87500381469728], ["größer", 7, 10.0, 94.87500762939453], ["größer", 1, 11.5, 193.24998474121094], ["größer", 1, 11.5, 193.24999999999997], ["größer", 1, 11.5, 193.25], ["größer", 1, 11.5, 193.25000000000003], ["größer", 1, 11.5, 193.25001525878906]], "hurtful_scores": [0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.26326923076923076, 0.26326923076923076, 0.26326923076923076, 0.26326923076923076, 0.82, 0.26326923076923076, 0.82, null, 0.46326923076923077, null, null, 0.8, 0.8, 1.0, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.82, 0.82, 0.82, null, null, null, null, null, null, null, 1.0, null, null, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 1.0, 1.0, 1.0, null, null, null, null, null, null, null, 0.82, null, null, 0.0125, 0.0125, 0.0125, 1.0, 1.0, 0.82, 0.0125, 0.0125, 0.0125, 1.0, 1.0, 1.0, 0.0125, 0.0125, 0.0125, 1.0, 1.0, 1.0, 0.44326923076923075, 0.4125, 0.4125, 0.45076923076923076, 0.45076923076923076, 0.4099358974358974, 1.0, 1.0, 0.8, 0.8, 0.8, 0.8, 1.0, 1.0, 0.2125, 0.2125, 0.2125, 0.2125, 0.4125, 0.4125, 0.4125, 0.4125, 0.4125, 0.4125, 0.24326923076923074, 0.24326923076923074, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0125, 0.0125, 0.0125, 0.0125, 0.09821428571428571, 0.09821428571428571, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.26410256410256416, 0.26410256410256416, 0.26410256410256416, 0.26410256410256416, 0.26410256410256416, 0.82, 0.82, 0.82, 0.82, 0.82, 0.82, 0.4125, 0.4125, 0.4125, 0.4125, 0.6125, 0.6125, 0.6507692307692308, 0.6507692307692308, 0.6507692307692308, 0.6507692307692308, 0.48410256410256414, 0.48410256410256414, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.04583333333333333, 0.04583333333333333, 0.04583333333333333, 0.04583333333333333, 0.17916666666666664, 0.17916666666666664, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0766025641025641, 0.0766025641025641, 0.0766025641025641, 0.0766025641025641, 0.0766025641025641]}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 1.0, "min": 0.0125, "mean": 0.4442040598290598, "quantiles": [0.022548076923076928, 0.07014423076923076, 0.33163461538461536, 0.861875, 1.0]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78daed5a7b7054d519dfcd6ef695040281101541119d8012a35508229ec5f0b0de767dd5fa98a677eeeedecdb9b27befe53e0ce968451d1232bd63ab9ef800c14eadaddab1633b23d5d6562d589ca90f2895002a1102d6823a74c63f1ca753fa9dfbdabd3759d84d6aa7e3f4cccede7bcf9eef7cdff9beeff73bdfb9c9baf0605d286036a3515d9de739456c930599cf0b224f8cd8b5ceed8364dedde44ed26ad4aa1a2faba40b6ea764a4bc5e10358513d59ca414788518e7389364a4822ca97c1b6b0d623da3a6749a9ddf2ae97315d4978ca47a8c0649e4b1a4f16246ca52e1d9ae9d0a2f2b5286575541ec6e63ed012a485c23f25749da0a5bc29d3a91e134be5b52041e0685395d9360ac2a738acab392aec9ba46068cdaacd62bc3da6b45bd20f712239acb4b9cb6f01298c6988439319be7595d5c2d4a3d22312242b72829303a9c552499a48c868220b239855fa38339bdd031a9c0ad654bf4a68ce9399ed374856745aec0837b0a697030ac2b92914418488c46d65e217b3b2c4790404fed456d8bdbda899e067f84e53c2712ae9f70465ce10b9c209a6ea9933955d5b022e9dd18e6b097051dbc8aa57c96ac42bbbf66362322b2b749696a4a5389afd91e5ee8c61aed8e82de34040fbc719a7dcb961aad526f910dc6146f27ac9c184d30755e48b799de636521034b8180a7e8e33245e17a6f5238592e8d4a4cd5d3993c184ff0694654cc727414f576ad8a398804135e0ff79262ae32d849700b8cb3a304a36aaee920031bfac9f5a4950919c13b482a95bafa0434f38b411a491b092e9f977ad8428193614d6758b6997a582e0f212cf0a2c6a67b35880fd3a8a7d7d50e3e17b051d16c0ea669acf06d053daf09967d463dabf010315553f48c669aeb244c71094c603de90ca689655d90ae0487aab37d8022cd0a39e42f802a0f018728195185cfe96256a57e9279314b7818dd363823681b3e497462664586091b311b8c1456f85cce38b31495ac26c138c0007c670540150d0e9edc058be0706b97697f0d13e27523c116d30eb7e2795d26b44e6a5a3f60c7033416e2d0508a7496520a9e8ca75a5981a7e3663c6300627d069e89cfc4b35278760a9f95c267e33946139868634c03d873e93c9f2503f8427cb12d7c295e843b982078fb32bc04e648e2ce01bcdc0eed8fbe94d006c7155a07cc66e816d986e1154cd0a82b7206758d6f69a1b197f6d32f6569a171666d6d9a53850cec22ddcab6addb1ea7f085e5eaaa9da98a9da99cd1c252f66485ec5a96cb69908addc06232903a7051dcfd091e1ad992a48644a289cc84387c0e9eaba7f1b9fd908ec6f965b607c8c88c0664eadd899a56dadd63ee45612a047aeb05915231cfdacfb1db8136b210209ac55c26c3cb1a6ba537b0624306f399d5ac2d0223a68ce64e23019bda024d5a20d16d36baba07d8a89b526f1d88b1c5c766772bb06103b1cb09dd609c1177d7011364f91c075126ea281094c994a7ffa732a51262eb08b9e808d901ff663fe18dc9b6676cd6622dda3262695d80c588e63479f8c5349709a5a835c05a77312126623ee8d66c7dc468068f66a502f8945735734b127202cd921627a77851e50b4037904ee62090b9de9459693e761665dc1c8a43bf50e03409e699eecca3293c2d8de8705a8b342fe733826a6621cf8f394946110018662d10ee16440150a5ca7941d34c54a54d53e2b4d4c8422e62c89c29b4105139702bf8c41c4a981aa3b1b4174cc911a09a16da69edfe50ba70164acc1f57059c34a9a7733bd073ca1a3a8615a1c6a23df596f35855a3b8803287ce2a14641d2cef05b3320acf011c4aa634976f2ba648cf6464d88e65cc950c6a2848a2a449a2906133b0c694152ba35e645db7c29e5d6b34ba8f2ce0902ba89004f7e341fc107e183f821fc51bf1637813de821fa77e4a4b9206790dc5c006232e496956a5d90f3bc8f929bc8909e2054cc048f4708ab918058a42bc199049576cbb0eecb81f3f800721131f626af0c320f3886b337ed408ab6b400c6f4ce1c78add8fa7f096e2d30a26021ba91b0cc25c6e241c944312435862767ab07ef2af7121bdd4a8495f5444185ee6c5570080833b3758a00fd3ae4070f09f8e6b419dab015263926d4a3120d38ae6b1459751438bce26f887465d3114d62e7e9f6d2ef5d1839894f513fe3975d1a6abcffdecd5db4a3db5d9e329f01b380b3f0dc2cf9ccc13390fd75c4e4ee28bd809bb053ced381adcea68fd7579668ca8192ecf517452b542895afcca68a59db11a7b4ed207a320a34b90647abe96b20194ce53bdec40bf01db9412287745ca56373bdc75359ef03547f5a0606fb64c909a4a6781a0400a00786181ba08ec10058637b1ec53142d7172e8db70102acd37e0ee3c9f837d090b70c630ea149345eca7a8bd4cba59b9e71023e69002a135aa698103026386957c7c96f5ff32b520981b39db2dd14a952a259a69e570255160027d047f808f3131b81e846b235c0fe1979916b88ec0f52cb81e86fe56b81e81e776b87e4867d64f0130a6a38fe84c1276bfc6d214ab35fd6f7b3d10b1af214fbe4d4d9e3e7fc937bac46134dfd39f4a3a72353eb9dad261b1eb92f70c3dbcf237d7ee42333cf2c895f7e7c3bfbc79ff8a23d1e0916f4f3a77619f5e8ffe1f5f979cb9630d7cde43098f7c9b2b5fa9fea0473e56b1bc621ab00bc53df2ad55eb6ff2c82f75e507db1db68c40c9a78f010e7a2aea7700f2b21bfe88a5e7a5dfd1f62e9a63b64368e8d6d5cf3ebfe7287a925c7ff5bc27b72387771c7d379aed08b2aeef203f3ffde219da8edabfbf36eaf7c13efb16aa23ab46aa968b8fad5b75d704b9f8e5f27c34cade2b5dbec5dbf10e1f57e237c0d037f1ce8ab82fece1bb858131f80e0f317578af6fae3a77ae03a3f7073f7ebded03947deae376fdc5f751eb29f05bebc393d9d65d90fcce5b374ac7c80174a647bed3950ff9e4fcfcf1c2acf5c7ae7be1006af6f42fae12ff7f4093cae0bf52fcc43cf273aa968f7ae4e727fdfdb1b1f827d99e7cefe6c8937fdcfe2eaaf3c82f9c20ff34baf20eaf24c6d2ffc24d49877fbcfc7771d5fe8f4fd0ff5efb0345fe9ae7e0eb0b7fda9721ae068fbe1eb30da1e5663b8c1692a16bbfdbb90f1db994de8c20eb8de208daf8286dfb6c3efad4be3e378a9ffccf5ddaae1533bafe8ae8b7b6eb48193e7ccde53defbc9f8e1a3f71fe332eeceef80af35f7c14ffc52be1bf5819fe799d6eff3387c7c77f81d393cabe27fa4fdc3d84a67b7831e9e6af9fffbcf20997ffbcfc3cb76afc84cae07f7cf22dae7cc4c76335befde3a97bfe72e7e5376c47933dfd8b2ae68f8e915be73ef5f44e1f7fccafdafe89facf5b3f2da9807fe215f18f85fbfd36fe0fa12b3effe0dec9577c8462b3ef38fe6af46d97771c1e1a9b678a78dbbde9c0673f5bf409ca9e5d77cbeb576e454b7ed5049f63689a79b3ed94f213e797aba6bd24febfbe2a575f057df830e13deb7d34b7c2f391971f66270f7d6fda2f571ddcefab8f964fb03eb9a0ecf9c8cf8ff76c4cecea7b7bd887efcb2688cfeacf37f132f6474fcaef8124380f3c38ecab0f2fa95abfa76e0a9c55b6be0afbe27fb8e3be918efbb64df87c172c53878cafbe3def3f565fe5ccb607bdf9066d876d1edb8dacfe0f47d54b5bf60e6cde3bf03e32696bc9c153f29535ef7b364f1e2c535f3d6f9f273ff92ff0df89ef47035f61fe6b18c57f0dd5f09f27ff5f39cfadafe655585ff9f967cbb32ffd79ffdff7fade0f2d2b5b5f7970baf686e41c39731a49ecf6e1efbcaadf2f45cae0ff54f2cefba5d038df0f39e326f9ea2b3fff8d79bebbf9862411d95b7ecf1c40537dfcedaf8be365ea3beafdcfa343a8ded37f51c5feab1f7a425e9ad881a2e3accff6f4ffe98b9d370f232fffce74e59d7373fd98f953efbedf8b4cf07c5f33c1f885cbd4d7e5f9b7615cf5e53f8ed3b6136de8a7ed6fe8c2df7ef4931fb41d452be9f174c58e32fcf90e72dedbf9f9c7aa2b47d03e4adb9bf7a2b566fb08cd32db5b363f7f6cf3f38be881b95f87cf21f4eed602fda0b1e73f093f2ff6f133effc71933726bb7f30b6fecf83a48c48812f484a2f49e10503d6c0b67f039ec9d59b	2026-11-29 01:24:59.270001+00	postgres	{"format":1,"numbers":3,"texts":1,"nodes":[{"op":"text","index":0},{"op":"number","index":0},{"op":"constant","value":-9007199254740992.0},{"op":"less_equal","of":[1,2]},{"op":"constant","value":9007199254740992.0},{"op":"less_equal","of":[4,1]},{"op":"any","of":[3,5]},{"op":"not","of":[6]},{"op":"number","index":1},{"op":"number","index":2},{"op":"is","of":[0],"value":"basic"},{"op":"is","of":[0],"value":"größer"},{"op":"is","of":[0],"value":"plus"},{"op":"indicator","of":[10]},{"op":"indicator","of":[11]},{"op":"indicator","of":[12]},{"op":"function","of":[1],"name":"absolute"},{"op":"constant","value":3.4028235677973366e+38},{"op":"less","of":[16,17]},{"op":"missing","of":[1]},{"op":"any","of":[18,19]},{"op":"function","of":[8],"name":"absolute"},{"op":"less","of":[21,17]},{"op":"missing","of":[8]},{"op":"any","of":[22,23]},{"op":"function","of":[9],"name":"absolute"},{"op":"less","of":[25,17]},{"op":"missing","of":[9]},{"op":"any","of":[26,27]},{"op":"constant","value":5.0},{"op":"trees","of":[13,14,15,1,8,9],"start":0.0,"roots":[0,7,18,27,38],"column":[3,5,-1,5,-1,-1,-1,0,4,3,-1,-1,-1,5,-1,5,-1,-1,3,4,4,-1,-1,2,-1,-1,-1,1,4,-1,3,-1,-1,3,-1,4,-1,-1,4,3,5,-1,-1,-1,5,2,-1,-1,3,-1,-1],"threshold":[4.500000238418579,68.12500381469727,0.0,70.50000381469727,1.0,0.16666666666666666,1.0,0.5000000298023224,14.250000476837158,4.500000238418579,0.0625,1.0,1.0,16.250000953674316,0.0,94.87500381469727,0.9375,0.0,4.500000238418579,6.500000238418579,3.2500001192092896,0.0,1.0,0.5000000298023224,0.15384615384615385,0.0,1.0,0.5000000298023224,7.750000238418579,1.0,4.500000238418579,0.0,1.0,2.0000001192092896,0.0,0.5000000298023224,0.0,1.0,11.375000476837158,4.500000238418579,77.87500381469727,0.0,0.6666666666666666,1.0,77.37500381469727,0.5000000298023224,0.1,0.42857142857142855,3.5000001192092896,0.0,1.0],"left":[1,2,0,4,0,0,0,8,9,10,0,0,0,14,0,16,0,0,19,20,21,0,0,24,0,0,0,28,29,0,31,0,0,34,0,36,0,0,39,40,41,0,0,0,45,46,0,0,49,0,0],"right":[6,3,0,5,0,0,0,13,12,11,0,0,0,15,0,17,0,0,26,23,22,0,0,25,0,0,0,33,30,0,32,0,0,35,0,37,0,0,44,43,42,0,0,0,48,47,0,0,50,0,0],"missing_left":[1,1,0,0,0,0,0,1,1,1,0,0,0,0,0,1,0,0,1,0,0,0,0,1,0,0,0,1,0,0,0,0,0,0,0,0,0,0,1,0,1,0,0,0,1,1,0,0,0,0,0]},{"op":"divide","of":[30,29]}],"checks":[{"node":7,"because":"feature \\"complaints\\" is an integer too large to be exact","ordinary":true},{"node":20,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true},{"node":24,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true},{"node":28,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true}],"output":31}	{"case when (abs((",n0,")) < '9007199254740992.0'::float8) is not false and (least((",n1,"), (",n2,")) > '-9007199254740992.0'::float8 and greatest((",n1,"), (",n2,")) < '9007199254740992.0'::float8) is not false and ((abs((",n0,")) < '3.4028235677973366e+38'::float8) or ((",n0,") is null)) and ((abs((",n1,")) < '3.4028235677973366e+38'::float8) or ((",n1,") is null)) and ((abs((",n2,")) < '3.4028235677973366e+38'::float8) or ((",n2,") is null)) then ((case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else case when (",n2,") > '68.12500381469727'::float8 then case when (",n2,") <= '70.50000381469727'::float8 then '1.0'::float8 else '0.16666666666666666'::float8 end else '0.0'::float8 end end + case when (((",t0,") collate \\"C\\" not in ('basic')) is not false) then case when (",n1,") > '14.250000476837158'::float8 then '1.0'::float8 else case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else '0.0625'::float8 end end else case when (",n2,") <= '16.250000953674316'::float8 then '0.0'::float8 else case when (",n2,") > '94.87500381469727'::float8 then '0.0'::float8 else '0.9375'::float8 end end end + case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else case when (",n1,") <= '6.500000238418579'::float8 then case when (",n1,") <= '3.2500001192092896'::float8 then '0.0'::float8 else '1.0'::float8 end else case when (((",t0,") collate \\"C\\" not in ('plus')) is not false) then '0.15384615384615385'::float8 else '0.0'::float8 end end end + case when (((",t0,") collate \\"C\\" not in ('größer')) is not false) then case when (",n1,") <= '7.750000238418579'::float8 then '1.0'::float8 else case when (",n0,") <= '4.500000238418579'::float8 then '0.0'::float8 else '1.0'::float8 end end else case when (",n0,") <= '2.0000001192092896'::float8 then '0.0'::float8 else case when (",n1,") <= '0.5000000298023224'::float8 then '0.0'::float8 else '1.0'::float8 end end end + case when (",n1,") > '11.375000476837158'::float8 then case when (",n2,") > '77.37500381469727'::float8 then case when (",n0,") <= '3.5000001192092896'::float8 then '0.0'::float8 else '1.0'::float8 end else case when (((",t0,") collate \\"C\\" not in ('plus')) is not false) then '0.1'::float8 else '0.42857142857142855'::float8 end end else case when (",n0,") <= '4.500000238418579'::float8 then case when (",n2,") > '77.87500381469727'::float8 then '0.6666666666666666'::float8 else '0.0'::float8 end else '1.0'::float8 end end) / '5.0'::float8) end"}	{"case when ((not (dbml._ieee_less_equal(coalesce((",n0,"), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((",n0,"), 'NaN'::float8))))) is not true then dbml._refuse('forest@1 cannot score this row: feature \\"complaints\\" is an integer too large to be exact') when ((dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n0,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n0,"), 'NaN'::float8) = 'NaN'::float8)) and (dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n1,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n1,"), 'NaN'::float8) = 'NaN'::float8)) and (dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n2,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n2,"), 'NaN'::float8) = 'NaN'::float8))) is not true then dbml._refuse('forest@1 cannot score this row: Input X of RandomForestClassifier contains infinity or a value too large for float32') else dbml._ieee_answer(dbml._ieee_divide(dbml._ieee_trees(array[case when (((",t0,") collate \\"C\\" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((",n0,"), 'NaN'::float8), coalesce((",n1,"), 'NaN'::float8), coalesce((",n2,"), 'NaN'::float8)]::float8[], '{0,7,18,27,38}'::integer[], '{3,5,-1,5,-1,-1,-1,0,4,3,-1,-1,-1,5,-1,5,-1,-1,3,4,4,-1,-1,2,-1,-1,-1,1,4,-1,3,-1,-1,3,-1,4,-1,-1,4,3,5,-1,-1,-1,5,2,-1,-1,3,-1,-1}'::integer[], '{4.500000238418579,68.12500381469727,0.0,70.50000381469727,1.0,0.16666666666666666,1.0,0.5000000298023224,14.250000476837158,4.500000238418579,0.0625,1.0,1.0,16.250000953674316,0.0,94.87500381469727,0.9375,0.0,4.500000238418579,6.500000238418579,3.2500001192092896,0.0,1.0,0.5000000298023224,0.15384615384615385,0.0,1.0,0.5000000298023224,7.750000238418579,1.0,4.500000238418579,0.0,1.0,2.0000001192092896,0.0,0.5000000298023224,0.0,1.0,11.375000476837158,4.500000238418579,77.87500381469727,0.0,0.6666666666666666,1.0,77.37500381469727,0.5000000298023224,0.1,0.42857142857142855,3.5000001192092896,0.0,1.0}'::float8[], '{1,2,0,4,0,0,0,8,9,10,0,0,0,14,0,16,0,0,19,20,21,0,0,24,0,0,0,28,29,0,31,0,0,34,0,36,0,0,39,40,41,0,0,0,45,46,0,0,49,0,0}'::integer[], '{6,3,0,5,0,0,0,13,12,11,0,0,0,15,0,17,0,0,26,23,22,0,0,25,0,0,0,33,30,0,32,0,0,35,0,37,0,0,44,43,42,0,0,0,48,47,0,0,50,0,0}'::integer[], '{1,1,0,0,0,0,0,1,1,1,0,0,0,0,0,1,0,0,1,0,0,0,0,1,0,0,0,1,0,0,0,0,0,0,0,0,0,0,1,0,1,0,0,0,1,1,0,0,0,0,0}'::integer[], '{}'::integer[], '{}'::float8[], '0.0'::float8, false, false), '5.0'::float8), 'forest@1 cannot score this row: the estimator answered NaN or infinity') end"}	{"portable": {"rows": 184, "error": null, "differing": 0, "worst_row": null, "largest_difference": 0.0}}	{"portable": {"cold_us": 845.0, "warm_us": 1.8041666666666667, "memory_kb": 88.0, "in_batches": false}}	{"auc": 0.9}	\N	made for a dump	f	joblib
forest	2	portable	77094b2453f55e6a45972b51c0bc19e7cf82e8da7ade6426cdaf9a522d89ae31-14e14b9c8c27757f	f1b72a8ffc421ee180dfeb2790d681ed46b31dc1e164c45ee82ff22f8a261701	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, RandomForestClassifier)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [1.0, 0.47333333333333333, 0.26666666666666666, 1.0, 0.34476190476190477, 1.0, 0.06519607843137255, 0.4, 1.0, 0.025, 0.2, 0.06519607843137255], "synthetic": false, "hurtful_rows": [["dbml: never seen", 8, 14.25, 70.0], ["", 8, 14.25, 70.0], [" ", 8, 14.25, 70.0], ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8, 14.25, 70.0], ["größer 😀", 8, 14.25, 70.0], ["it's \\"$1\\" {n0} \\\\ %s --\\n;", 8, 14.25, 70.0], [null, 8, 14.25, 70.0], ["nan", 8, 14.25, 70.0], ["None", 8, 14.25, 70.0], ["größer", 0, 14.25, 70.0], ["größer", 1, 14.25, 70.0], ["größer", -1, 14.25, 70.0], ["größer", 0.5, 14.25, 70.0], ["größer", 2147483648, 14.25, 70.0], ["größer", -2147483648, 14.25, 70.0], ["größer", 9007199254740991, 14.25, 70.0], ["größer", 9007199254740992, 14.25, 70.0], ["größer", null, 14.25, 70.0], ["größer", "Infinity", 14.25, 70.0], ["größer", "-Infinity", 14.25, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 1.0, 70.0], ["größer", 8, -1.0, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005, 70.0], ["größer", 8, 0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, -0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, 0.0000000000000000000000000000000000000001, 70.0], ["größer", 8, 100000000000000000000000000000000000000, 70.0], ["größer", 8, 340282346638528860000000000000000000000, 70.0], ["größer", 8, 340282356779733600000000000000000000000, 70.0], ["größer", 8, 340282356779733660000000000000000000000, 70.0], ["größer", 8, 1000000000000000000000000000000000000000, 70.0], ["größer", 8, -1000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, null, 70.0], ["größer", 8, "Infinity", 70.0], ["größer", 8, "-Infinity", 70.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 1.0], ["größer", 8, 14.25, -1.0], ["größer", 8, 14.25, 0.5], ["größer", 8, 14.25, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005], ["größer", 8, 14.25, 0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, -0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, 0.0000000000000000000000000000000000000001], ["größer", 8, 14.25, 100000000000000000000000000000000000000], ["größer", 8, 14.25, 340282346638528860000000000000000000000], ["größer", 8, 14.25, 340282356779733600000000000000000000000], ["größer", 8, 14.25, 340282356779733660000000000000000000000], ["größer", 8, 14.25, 1000000000000000000000000000000000000000], ["größer", 8, 14.25, -1000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, null], ["größer", 8, 14.25, "Infinity"], ["größer", 8, 14.25, "-Infinity"], ["größer", -8, -14.25, -70.0], ["größer", -1, -11.5, -84.5], ["größer", -2, -15.75, -4.25], ["größer", 80, 142.5, 700.0], ["größer", 10, 115.0, 845.0], ["größer", 20, 157.5, 42.5], ["größer", -80, -142.5, -700.0], ["größer", -10, -115.0, -845.0], ["größer", -20, -157.5, -42.5], ["größer", 8000, 14250.0, 70000.0], ["größer", 1000, 11500.0, 84500.0], ["größer", 2000, 15750.0, 4250.0], ["größer", -8000, -14250.0, -70000.0], ["größer", -1000, -11500.0, -84500.0], ["größer", -2000, -15750.0, -4250.0], ["größer", 800000, 1425000.0, 7000000.0], ["größer", 100000, 1150000.0, 8450000.0], ["größer", 200000, 1575000.0, 425000.0], [null, null, null, null], ["plus", 2, 5.0, 62.0], ["plus", 3, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 5, 19.75, 34.0], ["größer", 5, 8.75, 98.75], ["größer", 6, 8.75, 98.75], ["plus", 16, 9.5, 46.5], ["größer", 8, 3.249999761581421, 70.0], ["größer", 8, 3.25, 70.0], ["größer", 8, 3.250000119209289, 70.0], ["größer", 8, 3.2500001192092896, 70.0], ["größer", 8, 3.25000011920929, 70.0], ["größer", 8, 3.250000238418579, 70.0], ["plus", 0, 4.249999523162842, 62.0], ["plus", 0, 4.25, 62.0], ["plus", 0, 4.250000238418578, 62.0], ["plus", 0, 4.250000238418579, 62.0], ["plus", 0, 4.25000023841858, 62.0], ["plus", 0, 4.250000476837158, 62.0], ["größer", 4, 8.749999046325684, 34.0], ["größer", 4, 8.75, 34.0], ["größer", 4, 8.750000476837156, 34.0], ["größer", 4, 8.750000476837158, 34.0], ["größer", 4, 8.75000047683716, 34.0], ["größer", 4, 8.750000953674316, 34.0], ["größer", 7, 9.124999046325684, 98.75], ["größer", 7, 9.125, 98.75], ["größer", 7, 9.125000476837156, 98.75], ["größer", 7, 9.125000476837158, 98.75], ["größer", 7, 9.12500047683716, 98.75], ["größer", 7, 9.125000953674316, 98.75], ["plus", 1, 12.624999046325684, 46.5], ["plus", 1, 12.625, 46.5], ["plus", 1, 12.625000476837156, 46.5], ["plus", 1, 12.625000476837158, 46.5], ["plus", 1, 12.62500047683716, 46.5], ["plus", 1, 12.625000953674316, 46.5], ["größer", 7, 17.624998092651367, 21.5], ["größer", 7, 17.625, 21.5], ["größer", 7, 17.625000953674313, 21.5], ["größer", 7, 17.625000953674316, 21.5], ["größer", 7, 17.62500095367432, 21.5], ["größer", 7, 17.625001907348633, 21.5], ["größer", 1, 18.999998092651367, 84.5], ["größer", 1, 19.0, 84.5], ["größer", 1, 19.000000953674313, 84.5], ["größer", 1, 19.000000953674316, 84.5], ["größer", 1, 19.00000095367432, 84.5], ["größer", 1, 19.000001907348633, 84.5], ["basic", 4, 34.499996185302734, 16.0], ["basic", 4, 34.49999999999999, 16.0], ["basic", 4, 34.5, 16.0], ["basic", 4, 34.50000000000001, 16.0], ["basic", 4, 34.500003814697266, 16.0], ["größer", 8, 14.25, 22.874998092651367], ["größer", 8, 14.25, 22.875], ["größer", 8, 14.25, 22.875000953674313], ["größer", 8, 14.25, 22.875000953674316], ["größer", 8, 14.25, 22.87500095367432], ["größer", 8, 14.25, 22.875001907348633], ["plus", 0, 5.0, 39.374996185302734], ["plus", 0, 5.0, 39.375], ["plus", 0, 5.0, 39.375001907348626], ["plus", 0, 5.0, 39.37500190734863], ["plus", 0, 5.0, 39.37500190734864], ["plus", 0, 5.0, 39.375003814697266], ["größer", 4, 19.75, 68.12499237060547], ["größer", 4, 19.75, 68.125], ["größer", 4, 19.75, 68.12500381469725], ["größer", 4, 19.75, 68.12500381469727], ["größer", 4, 19.75, 68.12500381469728], ["größer", 4, 19.75, 68.12500762939453], ["größer", 7, 8.75, 193.24998474121094], ["größer", 7, 8.75, 193.24999999999997], ["größer", 7, 8.75, 193.25], ["größer", 7, 8.75, 193.25000000000003], ["größer", 7, 8.75, 193.25001525878906]], "hurtful_scores": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.06519607843137255, 0.06519607843137255, 0.06519607843137255, 0.06519607843137255, 1.0, 0.06519607843137255, 1.0, null, 0.06519607843137255, null, null, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, null, null, null, null, null, null, null, 1.0, null, null, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, null, null, null, null, null, null, null, 1.0, null, null, 0.1129233511586453, 0.1129233511586453, 0.1129233511586453, 1.0, 1.0, 1.0, 0.1129233511586453, 0.1129233511586453, 0.1129233511586453, 1.0, 1.0, 1.0, 0.1129233511586453, 0.1129233511586453, 0.1129233511586453, 1.0, 1.0, 1.0, 0.21666666666666665, 0.47333333333333333, 0.47333333333333333, 0.26666666666666666, 1.0, 0.8235294117647058, 1.0, 0.9447619047619048, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.6733333333333333, 0.6733333333333333, 0.6733333333333333, 0.6733333333333333, 0.47333333333333333, 0.47333333333333333, 0.1379233511586453, 0.1379233511586453, 0.1379233511586453, 0.1379233511586453, 0.1379233511586453, 0.1379233511586453, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.34476190476190477, 0.34476190476190477, 0.34476190476190477, 0.34476190476190477, 0.34476190476190477, 0.34476190476190477, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.09019607843137255, 0.09019607843137255, 0.09019607843137255, 0.09019607843137255, 0.26666666666666666, 0.26666666666666666, 0.225, 0.225, 0.225, 0.225, 0.225, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.47333333333333333, 0.47333333333333333, 0.47333333333333333, 0.47333333333333333, 0.47333333333333333, 0.47333333333333333, 0.26666666666666666, 0.26666666666666666, 0.26666666666666666, 0.26666666666666666, 0.41666666666666663, 0.41666666666666663, 1.0, 1.0, 1.0, 1.0, 1.0]}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 1.0, "min": 0.025, "mean": 0.48667950513538755, "quantiles": [0.047107843137254905, 0.16629901960784316, 0.37238095238095237, 1.0, 1.0]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78daed5a7d9014c515dfbdfdbebb853b0e0e54d4038580845362843390f4ca892243d640e5435381c9eceedcf5849d99753ec4b3b442ca92e3cc140930a70282a9247ea6a0942a2f969af881099082084af400f950404d8156924af987b1625ecff4cceeccedc22e17929495aeabeb99ded7ddafdf7bbfdf7bbd772bc2fd0da180d58c2675599ee714a9bd2014f8bc20f1a611ff86f3b8ce9cfa23f36e738a115135bea09a4be0b1392be77551d2144e52bb6445e415d3b8cc59242b8b0559e5db595b88f54835775a83df2c197337682c9124fb184959e2b1acf15256ce91c997ba7a2a7c4191b3bcaa0a52773b4b05549871b3c4cf97b5797486bb747d96d3f86e591178100a73ba2683ac5ae0149567655d2be89ad96744725a4f01ce1e9174b1d0631ab1aebccc6933bf0ccb18233027e5f23cab4bcb2479b9641a51a15b9215900ee714b960a68da428486c97c2dfa6833a3d303042e4ee604bf64d1b63ba784ed3159e95389107f3881930309c2b9a952510348d26969e90bd1d8e23c8b04f6446fbb5ed57997a06ec112ee439c9e47a4dce4828bcc8099265968602a7aa1a5664bd1bc31af45830c0ab58cee7cc1bd11b575bcd884aec0fe40c51a5a5c4d6ec725ee8c61a198ec1be19701e58e302fac8962aad126b99ab8c66ef209cdc345a60e9bc9069b7acc716842c1c051c9e26afd7290ad7f31d852b144abd1257f54c360fca9bf8022326e5382245ac1d5131079e60c2f7c2b3ac58a70c769a781cc8512f8154ddcd1d66dfaa5e73b139850919c1bbcc743abde03368d62f066966c6a8e7f27979392b8a5c01ce7491ad9bb50fcbe5c185222f696ca64703ff304d7a6645a4ffa9004545ab254cc258e1db453daf09b67e4623abf0e0315553f4ac66a9eb044cf1084ce05eb33398316ded82e42438549bee7d0469b6cb217e015479703878c988297c972ee55462a7022fe54c1ea4dbfbc706a9e22324c767b66798b011a76024b0c29338e3e25254b29a0c728001f89d130055c43978e412380487a72cb1f4af6342bc6ed4b3c5b0c353f0d42516b4cea85a2f60c7033416fc902c453a4b28058fc4a3eca8c063702b1edb07bebe088fc717e34bd2f8d2346e4be30978a2d1022a528c69007b2e93e773661fbe127f894ebe06cfc21d4c10acfd153c1bd648e1ce3e7c3d75ed4fcf8b6b83e7e45a07cc96eb6651c5f03c26683414398398c677b450f9a3fdf2bc1c2d748e511bc970aa90852cd2ad6c1fd8fe30812f1c575769a42a345239631c4bd893157277b05c9706a1d80d2c560052072e4ab81fc14b135b12d4104824909910872fc397eb193ca917c2d19856213d4044663520536f266ab9810e97cd45613209f66d142442c53c4bdfe3b7036de4c041248ab96c962f68ac1ddec08ac92ce6b3cb583a05249a8772a7510f496dba264f97499a8d2d5b0e6cd44da8b701a6b1c5d756371550d880efba846e50ce48b8e78005727c17075e36d52120a810294ffc4f454a35c4d61172d111a20eff7aafc91b23a965286bb1366d19f18c2ec061246b993c7c62a9cb84d2441b60ad1f3221266abde8f66a2b4da3152c9a9345b029af6a564a12ba041225e39c98e2259517816e209c2c2198b3d89a7383f5da599ce3c65002c60591d36458678cb38ea6f0a43422e2a41669bd9ecf0aaa15853c5f7691ac220030ac5a20dc2d4802a04a2de4054db35095b1544990522307b18821729a4921a2726056b089256a32754653e928a8d26502d58c238376f687d285b351627d7863c0099346b2b6033da7ac2132ac0435161969b48dc7aa1ac10594396455412ce8a0790fa89555780ee050b2a4757cba31417a365b80745cc05c895052942559932521cb66e18c69db5746a3c4ba66859c1d319adc571670c8892a04c11adc8fefc70fe007f17abc013f8437e2cdf86162a78c2c6b10d7500cac3212b29c615512fd9041a6a5f146a60e4f670246fd724eb10ea3405188370132c989a9e9408f35782dee8748bc1fe41f6082f8415767bcde08abb7c134bc218d1f2a0e3f9cc69b8b6ff398282452d7192633c7a877500e410c6e89d3f060fde45fe742faab465d66461161f83a2fbe02001cdcb9ca067d980c0582fd9f3aa685eddc1d20344650558a0e195d548f2d9a8c285a34b6897f6234145d6167f1d5545d62a375d8ac6827fc1831d1c6058f7f6f935c6aa94d1e4b81ddc058f80998fce4992cd1e5e19a39e6196c11ff8cb680a7fd05f50f38bb6eabcc8c5135cbe539824eb2ad50b22d7e69e8a69df13abaa6b912a420a24b9064593e42d8004ae7515e7620bf01db84120877452b56373bdc73357de66bced6fd024db64c90a84a5601a740080078e180ba04ec900486b7b0ecdb285962e4d0b7e122541a6fc0dd79be0bf21216e08e613428168bd0b7183d264956ee3dc4883ba460921ad5d2c0018131d60e3e3ec7fa3f19250a562267bb6552a9924d4dcdd2f268355e60022b4d7c0c9f62e2d0bf037d13f4efe2179971d01f87be0dfa13303e05fa93f07e15f4ef9195f5b3008ce95869ea4c0ab25f536988452cfb53ab07e2b40f7ae2ed18da7ae33b778ede7a14b579c6d32947cef15fc4f7eeccff64c7c7e1e6c70fa116cf7867ca79a2393310f6bdd3d1d4b6edfb4f7e1c3b80629ef17677be3f9efee9c5cd4b81b27a35d53c3fe2993fd99d1fa57dac9cdcb199a9bf2d5c3438237118357ae6cfaa71ff4114f6cc6fab7afe69e51ff734f6ef41f10af64bd0bed1e707bb5d9d7afb96e823afbc7a08253de3335dffd7d3bea1acff46a756fdfe93bdb75c7ad077fe6bdcf967d55ffbf49e86757f40f59ef933fee3fe0ffa78d879eabfcac9565128b9f532e4446ea5bd0e41bde8c22f6aefb36737696fa30deb497b072dedec499ebc663f5a643d9c44cd56db87965bed7de4dfdf9f1f72131a6edd39f74d9496ef7c63e3911354ee03daefa5ebbd8c5e789eb45368dfbcb14bb47d2711fc82a7fde8d7e2a101f1d07b68ede537c1cfeb688ed54ea34bacf65b14a86007373fada48f50fdda3570adb976e47ddc95c3ccb52f56ce3743f49debe653fc2adee1cb85783728ba07efad2ab7853df96c66a04c3ec36f31493c58317d1d199afffdfcece757a7bfbc4a7e0ef8e62f9dffbb5d7f9d7618b5960eaf98ebce3f333f8f4abdf2e888c452f6206af68ca3aaf17da263f5f18ed5db7dfcd0314c7e1e5f919f3dfc969a9a1abfe336f8791b79e78fab5aff4059bb340d939f0243f8b9be9cfe2b26a4fef87ef3b4595b07d18861e597caf9adc1971f3c724f3979fc184a78e64fa9797f7fdea876fe602f4930afa16805fff74f75f0fd4995c49c2cc317459c8d5fb8e6b5e75e3e8176751ffefe7d77bd8906defceeb22dcfbc87fa172f98fa88f93afa96d53ea4fd3343f8d11eff13ed4f56e0d322af12366fddb6171136fffba3ef57903fe6eb8bf36d1e7f0511561f104ffd1bf8f9c30b7e11fd1cf37362083f276ae1673f3f5e78c5ec854ba4a3686a95fcecadbf9a534efd36d633feb58af5b3777e3d953be2c3475bcdfc163e477c96e7b778457ef6df3f566cd97c71ddac015f7e9959b3fedefaf18b35eabfdb77ff68abf9fca32af8af323f25aae227bb8e3b84265aed5db7ae73ea3c7b71a70e1c3c6bfd68b43ff7c1cf7ffc11ba819485f31eab207f9abebf741eeabff9b7f748ffe7976af9e5d94bee3db5e8d923e80be7c22fa98929b8dcc30d7f3f1a5d25bff8eb4f53626ffd0d73c4773fbba26a7c7ebae68dbbb66c3eecbb9f4eae115fc750a5fae98cf5dfcf66a456dd94dc67def2c290fb65adfce2e5d78935f34b7898fcd2729ef8c5be971e40f65fe68fd37bea9f69bf0b8d9efd74cbeca78fa3037d9b06e187de234f50fe786b487d62df233fa2fdd6ff02bfb46e1d68fc1cf34b6c08bfc4aae19768057ed949ae47e38fa2c967e1975085efefda2e3cd599bd7ba78f5fe6d48cafa4ef7b297f5d1229773f892f72ef77b161e1f3dcef27e5bfbf6b1a66fd90aa02dfb1aaf0fdab27493b88ecfe5d34895c17d69ea6f785e787e0d3b9b738f798f2f8ddebfbdea9040fd7faf0cb3b7fdce48d91ee1f8cedfff330d34654e44559e931d3787a9f2dd8fe2f2960b4fe	2026-11-29 01:24:59.88954+00	postgres	{"format":1,"numbers":3,"texts":1,"nodes":[{"op":"text","index":0},{"op":"number","index":0},{"op":"constant","value":-9007199254740992.0},{"op":"less_equal","of":[1,2]},{"op":"constant","value":9007199254740992.0},{"op":"less_equal","of":[4,1]},{"op":"any","of":[3,5]},{"op":"not","of":[6]},{"op":"number","index":1},{"op":"number","index":2},{"op":"is","of":[0],"value":"basic"},{"op":"is","of":[0],"value":"größer"},{"op":"is","of":[0],"value":"plus"},{"op":"indicator","of":[10]},{"op":"indicator","of":[11]},{"op":"indicator","of":[12]},{"op":"function","of":[1],"name":"absolute"},{"op":"constant","value":3.4028235677973366e+38},{"op":"less","of":[16,17]},{"op":"missing","of":[1]},{"op":"any","of":[18,19]},{"op":"function","of":[8],"name":"absolute"},{"op":"less","of":[21,17]},{"op":"missing","of":[8]},{"op":"any","of":[22,23]},{"op":"function","of":[9],"name":"absolute"},{"op":"less","of":[25,17]},{"op":"missing","of":[9]},{"op":"any","of":[26,27]},{"op":"constant","value":5.0},{"op":"trees","of":[13,14,15,1,8,9],"start":0.0,"roots":[0,13,26,35,44],"column":[1,2,3,-1,-1,5,-1,-1,4,3,-1,-1,-1,2,0,3,-1,-1,4,-1,-1,4,-1,5,-1,-1,3,4,4,-1,-1,1,-1,-1,-1,3,4,2,-1,-1,4,-1,-1,-1,3,3,-1,5,-1,-1,-1],"threshold":[0.5000000298023224,0.5000000298023224,2.5000001192092896,0.0,1.0,22.875000953674316,0.25,0.8666666666666667,19.000000953674316,5.000000238418579,0.11764705882352941,1.0,1.0,0.5000000298023224,0.5000000298023224,4.500000238418579,0.08333333333333333,1.0,12.625000476837158,1.0,0.0,8.750000476837158,1.0,39.37500190734863,0.0,0.8571428571428571,4.500000238418579,4.250000238418579,3.2500001192092896,0.0,1.0,0.5000000298023224,0.0,0.125,1.0,4.500000238418579,9.125000476837158,0.5000000298023224,0.36363636363636365,0.5,17.625000953674316,0.0,0.125,1.0,4.500000238418579,2.5000001192092896,0.0,68.12500381469727,0.0,0.75,1.0],"left":[1,2,3,0,0,6,0,0,9,10,0,0,0,14,15,16,0,0,19,0,0,22,0,24,0,0,27,28,29,0,0,32,0,0,0,36,37,38,0,0,41,0,0,0,45,46,0,48,0,0,0],"right":[8,5,4,0,0,7,0,0,12,11,0,0,0,21,18,17,0,0,20,0,0,23,0,25,0,0,34,31,30,0,0,33,0,0,0,43,40,39,0,0,42,0,0,0,50,47,0,49,0,0,0],"missing_left":[1,0,0,0,0,0,0,0,1,1,0,0,0,1,1,1,0,0,1,0,0,0,0,0,0,0,1,0,1,0,0,1,0,0,0,1,0,1,0,0,1,0,0,0,1,1,0,0,0,0,0]},{"op":"divide","of":[30,29]}],"checks":[{"node":7,"because":"feature \\"complaints\\" is an integer too large to be exact","ordinary":true},{"node":20,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true},{"node":24,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true},{"node":28,"because":"Input X of RandomForestClassifier contains infinity or a value too large for float32","ordinary":true}],"output":31}	{"case when (abs((",n0,")) < '9007199254740992.0'::float8) is not false and (least((",n1,"), (",n2,")) > '-9007199254740992.0'::float8 and greatest((",n1,"), (",n2,")) < '9007199254740992.0'::float8) is not false and ((abs((",n0,")) < '3.4028235677973366e+38'::float8) or ((",n0,") is null)) and ((abs((",n1,")) < '3.4028235677973366e+38'::float8) or ((",n1,") is null)) and ((abs((",n2,")) < '3.4028235677973366e+38'::float8) or ((",n2,") is null)) then ((case when (((",t0,") collate \\"C\\" not in ('größer')) is not false) then case when (((",t0,") collate \\"C\\" not in ('plus')) is not false) then case when (",n0,") <= '2.5000001192092896'::float8 then '0.0'::float8 else '1.0'::float8 end else case when (",n2,") <= '22.875000953674316'::float8 then '0.25'::float8 else '0.8666666666666667'::float8 end end else case when (",n1,") > '19.000000953674316'::float8 then '1.0'::float8 else case when (",n0,") > '5.000000238418579'::float8 then '1.0'::float8 else '0.11764705882352941'::float8 end end end + case when (((",t0,") collate \\"C\\" not in ('plus')) is not false) then case when (((",t0,") collate \\"C\\" not in ('basic')) is not false) then case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else '0.08333333333333333'::float8 end else case when (",n1,") > '12.625000476837158'::float8 then '0.0'::float8 else '1.0'::float8 end end else case when (",n1,") <= '8.750000476837158'::float8 then '1.0'::float8 else case when (",n2,") <= '39.37500190734863'::float8 then '0.0'::float8 else '0.8571428571428571'::float8 end end end + case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else case when (",n1,") <= '4.250000238418579'::float8 then case when (",n1,") > '3.2500001192092896'::float8 then '1.0'::float8 else '0.0'::float8 end else case when (((",t0,") collate \\"C\\" not in ('größer')) is not false) then '0.0'::float8 else '0.125'::float8 end end end + case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else case when (",n1,") <= '9.125000476837158'::float8 then case when (((",t0,") collate \\"C\\" not in ('plus')) is not false) then '0.36363636363636365'::float8 else '0.5'::float8 end else case when (",n1,") > '17.625000953674316'::float8 then '0.125'::float8 else '0.0'::float8 end end end + case when (",n0,") > '4.500000238418579'::float8 then '1.0'::float8 else case when (",n0,") > '2.5000001192092896'::float8 then case when (",n2,") <= '68.12500381469727'::float8 then '0.0'::float8 else '0.75'::float8 end else '0.0'::float8 end end) / '5.0'::float8) end"}	{"case when ((not (dbml._ieee_less_equal(coalesce((",n0,"), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((",n0,"), 'NaN'::float8))))) is not true then dbml._refuse('forest@2 cannot score this row: feature \\"complaints\\" is an integer too large to be exact') when ((dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n0,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n0,"), 'NaN'::float8) = 'NaN'::float8)) and (dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n1,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n1,"), 'NaN'::float8) = 'NaN'::float8)) and (dbml._ieee_less(dbml._ieee_function('absolute', coalesce((",n2,"), 'NaN'::float8)), '3.4028235677973366e+38'::float8) or (coalesce((",n2,"), 'NaN'::float8) = 'NaN'::float8))) is not true then dbml._refuse('forest@2 cannot score this row: Input X of RandomForestClassifier contains infinity or a value too large for float32') else dbml._ieee_answer(dbml._ieee_divide(dbml._ieee_trees(array[case when (((",t0,") collate \\"C\\" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((",n0,"), 'NaN'::float8), coalesce((",n1,"), 'NaN'::float8), coalesce((",n2,"), 'NaN'::float8)]::float8[], '{0,13,26,35,44}'::integer[], '{1,2,3,-1,-1,5,-1,-1,4,3,-1,-1,-1,2,0,3,-1,-1,4,-1,-1,4,-1,5,-1,-1,3,4,4,-1,-1,1,-1,-1,-1,3,4,2,-1,-1,4,-1,-1,-1,3,3,-1,5,-1,-1,-1}'::integer[], '{0.5000000298023224,0.5000000298023224,2.5000001192092896,0.0,1.0,22.875000953674316,0.25,0.8666666666666667,19.000000953674316,5.000000238418579,0.11764705882352941,1.0,1.0,0.5000000298023224,0.5000000298023224,4.500000238418579,0.08333333333333333,1.0,12.625000476837158,1.0,0.0,8.750000476837158,1.0,39.37500190734863,0.0,0.8571428571428571,4.500000238418579,4.250000238418579,3.2500001192092896,0.0,1.0,0.5000000298023224,0.0,0.125,1.0,4.500000238418579,9.125000476837158,0.5000000298023224,0.36363636363636365,0.5,17.625000953674316,0.0,0.125,1.0,4.500000238418579,2.5000001192092896,0.0,68.12500381469727,0.0,0.75,1.0}'::float8[], '{1,2,3,0,0,6,0,0,9,10,0,0,0,14,15,16,0,0,19,0,0,22,0,24,0,0,27,28,29,0,0,32,0,0,0,36,37,38,0,0,41,0,0,0,45,46,0,48,0,0,0}'::integer[], '{8,5,4,0,0,7,0,0,12,11,0,0,0,21,18,17,0,0,20,0,0,23,0,25,0,0,34,31,30,0,0,33,0,0,0,43,40,39,0,0,42,0,0,0,50,47,0,49,0,0,0}'::integer[], '{1,0,0,0,0,0,0,0,1,1,0,0,0,1,1,1,0,0,1,0,0,0,0,0,0,0,1,0,1,0,0,1,0,0,0,1,0,1,0,0,1,0,0,0,1,1,0,0,0,0,0}'::integer[], '{}'::integer[], '{}'::float8[], '0.0'::float8, false, false), '5.0'::float8), 'forest@2 cannot score this row: the estimator answered NaN or infinity') end"}	{"portable": {"rows": 172, "error": null, "differing": 0, "worst_row": null, "largest_difference": 0.0}}	{"portable": {"cold_us": 383.0, "warm_us": 25.554166666666667, "memory_kb": 0.0, "in_batches": false}}	{"auc": 0.9}	\N	made for a dump	f	joblib
neighbours	1	python	5951d1704d9726bbe38d6de9d8ed9b572348f79e57440b8ec693196c8c7df6d1	fbc8763bdff5b17e7c21ab26e6467d790d1797374c23d146dcc8cd6d973b960a	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, KNeighborsClassifier)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.6666666666666666, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0.6666666666666666, 0.0, 0.6666666666666666, 0.0, 0.6666666666666666, 0.3333333333333333, 0.0, 0.3333333333333333], "synthetic": false, "hurtful_rows": [], "hurtful_scores": []}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 0.6666666666666666, "min": 0.0, "mean": 0.3611111111111111, "quantiles": [0.0, 0.25, 0.3333333333333333, 0.6666666666666666, 0.6666666666666666]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78dacd58dd6f544514dfed76b75b0a656b116af82a225a24ac80df8276b114948b2b14445ec830777776e7dafbe5fda0d4685c1fb034991812a7be19793026bef1e47313ff0112ff011e7df40f30c133f7ce6c770bf40e1813efc3cebd3367ce9c8fdff99d7bb733b83252c82517ab84f336c1815bf52d9fd8964b382b9f57b7dff383dff0aff8142b8611f1437e156ec71a9e1d3b6e1460376c79814302cef62b250dcff1bd9054512a84faa4c66692c94b3d73dd0336f7488a73d816cf25d48b88dbf09a62f3deae9d01f103af41c2d072db55240542d8f1b14b3ef0a259b9a3ab7a530347a4ed051601a1411c471ec8863e0e4282bc38f2e3882fb362335af4c1f7a21b3bfe2267432ddbc3d11baf811a364ab1dbb4098add79d75b70392b596dd70b407ab019783eafb32d8ee5a256403e8fc19c45981875f00dd4736e9d3ddb22388a03825cec10088f634280c1af52c3734190b30a921ea2ebe08ee5c139c5a3d5b7ab47786c423c067d1bbb1c2f71cc8603e260cb4dc232e2e3308c68e0c56d0a3aa45b304142ead94d7e66fa8f57938b955cf499670a53c67b628d1688d5a691981e82734d481e44e339798b7a8d0e45b4f82d36d63f099e73360eaa6dcbac26d143bed5005720e175f1783208f0e2a701f6fddeac94c3d86cd8603ca7cfb121b7898594887631a41832610cde847b2f48bccccf703a0172324b2035f0f15b7cf9d6129fe3534681e5bfe4f57afdec03b8921f633ae226db846ddb5b408e837df069676a5b720ec236a4d0216e84ccc508f2635462b3535cb99b9355b13d1116300e48d589edc84aed639b514020636114c48d2831570166cd05237793cfe44d9e5a97179ed0c293d9be2c2a2d4d39e0178aca86844396d850405ab1db0c459c7ce2363901e9eaca8ebc347cd455394b33630cb2b22c465156f40066bb7bab12451ec8410dc06fd382aa12c9a15baf8213984e5d4dec1f300a24669bd01aece8143d783529ad0d4d5b82dae92b340479d8d25be948500add4a9f4951419fa5dbe98e65c8f54eba8beea67bea746f9d4ed6e93efa3c1b0713658d4550f6d8b449932fd357e831b9f975fa267dcbc843b4dfa1c741478dce2cd35332b5b7ff93d4e69f2ab5aa9893d4bd290da3b3469e8dac718608cd3ad70a8f76ede7ffc4b5c253a2b668e2d06a40176907bffff6fb4fa27cc1dd3894480d2452319b40823d91d5bc81702b0228b681c57c2075e0a2e1ee123c54500fa8014802c84601d3fdf485d8a40796008eecd063da0320b2110199f677a2f1d372fa91bd68506c8273375baea06282e473f93ad046131224508c1b0de247288537b0e29606258d7924b780c4d8c3dcc93641533b1c79873dd16687e617808dda827a47601b5a7bdcde6d05b26c20772dab0dc6b1e1ae1fa0a0495a18b2ccc3878ae03148f9f57f85141d62fb21dfad8e824cf8474b9cb0ad323292b5504a5bac6cc61638e3266a6c5849cc350a75610db0d6d746c128250f71aaed5bceb6cdbba2079a5e10260dc96a590223fb14a2baab102eb90e559a34e86d465d2dceac6ded0269c445ddcd8058560a70d38a458687b12daa3ca290c6a219c48029360cc7b550687d01cd6f0f2b39240a441d0dc3bbc5bcb710ce5bf0da924e22001d76849ebccf8d017a089ab7eae36c2876ad041f10b2121b49e314a2634d41bee5c40311af758019e802e65d36601e5dcb1f3dd99fbd1ca485cedc4a21557a905cb9fcca3985ac01b4b85ef7895edd561f364ef00db4971fc82bb7eeca673c3f4e3eafb93fff84fbb3ced3b5e7dffaa5abff69edcb69daf3a4feaefca8d033415a2d02cc7c9da03ea88bfa66630f2d427590b801a44cc48bd2086a599158a25e93d3ef582979bef2101c8dd2b73d806cf50092feb2011c871f3c1a8f7f4daf73b796fc76f6a5e3bd0bb5474745edabc8f529398ed636d65feed77fe44a4dcf9e83e978ff930c7b26a5fc8174bc762e4bbfbc0e49f9339af2af4ab98bb58de5d4bcf4fb9a91212fedcfbd988eab6732e427fae399ab65c8efaaf58db5d319feaae77169cf5c86fcc4baf3b767d823e3d2f57b500f6f9d23526e4e335f7fa7f39df733ecd9d66f4fe552867e15478587b2a67e297fe77286bf6a1c937e4f65d853e95f5f3d95618faaaf97d371f28a5e7de5ee4df7d55926de242efcf37a78ebec97fc3097a15ffa5b3b2aeb6b3643bfb25fe221b737c35f65bf8acfd90c79857f19973bb319f2dbfa717f2f8bdf545e15fe2fe8d9a3e4274f6af2b98c7f6e875e7dad1e9338fa488fcf55bf583dae8967a9bf7241937f647dddfe44934f14df9ed4cc97e4b5db97f5f8215792fdeb43bd7c297b3a6735f953f6ddc98b19f628fbabe978f7a21e5f7564fcef5ed6e45bd92ffebaa28767d5ef945d99fcf967ba7ee794667c36a7e3f94f35f3bb47e2e13d4dfe94fc93bb3fad25affac5ea393dfe57ef3ff7b2fa9df2f72589cf393d7e5378ab5dd2d42fe72be735e5653cd57b56163e3b323e939aef7b6abc7faaa6f51ea6fa69a67e850789e76b976a6b5f8ba32e0ab1e3dbf0452aded5b9718215511410c2ebeafb1cbef5bbff79a47f55c2772f7c1d3b5eb00852879753c1ea3f38046828	2026-11-29 01:25:05.729942+00	postgres	\N	\N	\N	{"python": {"rows": 12, "error": null, "differing": 0, "worst_row": 0, "largest_difference": 0.0}}	{"python": {"cold_us": 2842932.0, "warm_us": 7772.0, "memory_kb": 139868.0, "in_batches": true}}	{"auc": 0.9}	\N	made for a dump	f	joblib
neighbours	2	python	586011698d1ec0b720c8857a03b25c9e7d3a764644dbe203c1c0306090d755a7	a1f0b6e281ecab890558fdabf2e26739a6b31223671ec7c04c97b25d84098dad	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, KNeighborsClassifier)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.4, 0.4, 0.4, 0.6, 0.8, 0.4, 0.8, 0.0, 0.8, 0.4, 0.2, 0.2], "synthetic": false, "hurtful_rows": [], "hurtful_scores": []}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 0.8, "min": 0.0, "mean": 0.45, "quantiles": [0.11000000000000001, 0.35000000000000003, 0.4, 0.65, 0.8]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78dacd58dd6f544514dfed76b75b0a656b116af82a225a24ac80df8276b114948b2b14445ec830777776e7dafbe5fda0d4685c1fb034991812a7be19793026bef1e47313ff0112ff011e7df40f30c133f7ce6c770bf40e1813efc3cebd3367ce9c8fdff99d7bb733b83252c82517ab84f336c1815bf52d9fd8964b382b9f57b7dff383dff0aff8142b8611f1437e156ec71a9e1d3b6e1460376c79814302cef62b250dcff1bd9054512a84faa4c66692c94b3d73dd0336f7488a73d816cf25d48b88dbf09a62f3deae9d01f103af41c2d072db55240542d8f1b14b3ef0a259b9a3ab7a530347a4ed051601a1411c471ec8863e0e4282bc38f2e3882fb362335af4c1f7a21b3bfe2267432ddbc3d11baf811a364ab1dbb4098add79d75b70392b596dd70b407ab019783eafb32d8ee5a256403e8fc19c45981875f00dd4736e9d3ddb22388a03825cec10088f634280c1af52c3734190b30a921ea2ebe08ee5c139c5a3d5b7ab47786c423c067d1bbb1c2f71cc8603e260cb4dc232e2e3308c68e0c56d0a3aa45b304142ead94d7e66fa8f57938b955cf499670a53c67b628d1688d5a691981e82734d481e44e339798b7a8d0e45b4f82d36d63f099e73360eaa6dcbac26d143bed5005720e175f1783208f0e2a701f6fddeac94c3d86cd8603ca7cfb121b7898594887631a41832610cde847b2f48bccccf703a0172324b2035f0f15b7cf9d6129fe3534681e5bfe4f57afdec03b8921f633ae226db846ddb5b408e837df069676a5b720ec236a4d0216e84ccc508f2635462b3535cb99b9355b13d1116300e48d589edc84aed639b514020636114c48d2831570166cd05237793cfe44d9e5a97179ed0c293d9be2c2a2d4d39e0178aca86844396d850405ab1db0c459c7ce2363901e9eaca8ebc347cd455394b33630cb2b22c465156f40066bb7bab12451ec8410dc06fd382aa12c9a15baf8213984e5d4dec1f300a24669bd01aece8143d783529ad0d4d5b82dae92b340479d8d25be948500add4a9f4951419fa5dbe98e65c8f54eba8beea67bea746f9d4ed6e93efa3c1b0713658d4550f6d8b449932fd357e831b9f975fa267dcbc843b4dfa1c741478dce2cd35332b5b7ff93d4e69f2ab5aa9893d4bd290da3b3469e8dac718608cd3ad70a8f76ede7ffc4b5c253a2b668e2d06a40176907bffff6fb4fa27cc1dd3894480d2452319b40823d91d5bc81702b0228b681c57c2075e0a2e1ee123c54500fa8014802c84601d3fdf485d8a40796008eecd063da0320b2110199f677a2f1d372fa91bd68506c8273375baea06282e473f93ad046131224508c1b0de247288537b0e29606258d7924b780c4d8c3dcc93641533b1c79873dd16687e617808dda827a47601b5a7bdcde6d05b26c20772dab0dc6b1e1ae1fa0a0495a18b2ccc3878ae03148f9f57f85141d62fb21dfad8e824cf8474b9cb0ad323292b5504a5bac6cc61638e3266a6c5849cc350a75610db0d6d746c128250f71aaed5bceb6cdbba2079a5e10260dc96a590223fb14a2baab102eb90e559a34e86d465d2dceac6ded0269c445ddcddc28b252809b562c323c8c6d51e511853416cd20064cb16138ae8542eb0b687e7b58c9215120ea6818de2de6bd8570de82d796741201e8b023f4e47d6e0cd043d0bc551f6743b16b25f8809095d8481aa7101d6b0af22d271e8878ad03cc401730efb201f3e85afee8c9feece5202d74e6560aa9d283e4cae557ce29640da0c5f5ba4ff4eab6fab071826fa0bdfc405eb975573ee3f971f279cdfdf927dc9f759eae3dffd62f5dfd4f6b5f4ed39e27f577e547859e09d26a1160e6eb04f5415dd4371b7b6811aa83c40d2065225e944650cb8ac412f59a9c7ec74ac9f39587e06894beed0164ab0790f4970de038fce0d178fc6b7a9dbbb5e4b7b32f1def5da83d3a2a6a5f45ae4fc971b4b6b1fe72bffe23576a7af61c4cc7fb9f64d83329e50fa4e3b57359fae57548ca9fd1947f55ca5dac6d2ca7e6a5dfd78c0c79697feec5745c3d93213fd11fcf5c2d437e57ad6fac9dcef0573d8f4b7be632e427d69dbf3dc31e1997aedf837a78eb1c9172739af9fa3b9defbc9f61cfb67e7b2a9732f4ab382a3c9435f54bf93b9733fc55e398f47b2ac39e4afffaeaa90c7b547dbd9c8e9357f4ea2b776fbaafce32f12671e19fd7c35b67bfe487b90cfdd2dfda51595fb319fa95fd120fb9bd19fe2afb557cce66c82bfccbb8dc99cd90dfd68ffb7b59fca6f2aaf07f41cf1e253f795293cf65fc733bf4ea6bf598c4d1477a7caefac5ea714d3c4bfd950b9afc23ebebf6279a7ca2f8f6a466be24afddbeacc70fb992ec5f1feae54bd9d339abc99fb2ef4e5eccb047d95f4dc7bb17f5f8aa23e37ff7b226dfca7ef1d7153d3cab7ea7eccae4cf3fd3f53ba734e3b3391dcf7faa99df3d120fef69f2a7e49fdcfd692d79d52f56cfe9f1bf7affb997d5ef94bf2f497ccee9f19bc25bed92a67e395f39af292fe3a9deb3b2f0d991f199d47cdf53e3fd5335adf730d54f33f52b3c483c5fbb545bfb5a1c7551881ddf862f52f1aece8d13ac88a280105e57dfe7f0addffdcf23fdab12be7be1ebd8f18245903abc9c0a56ff0156c2682a	2026-11-29 01:25:06.890663+00	postgres	\N	\N	\N	{"python": {"rows": 12, "error": null, "differing": 0, "worst_row": 0, "largest_difference": 0.0}}	{"python": {"cold_us": 25618.0, "warm_us": 4328.916666666667, "memory_kb": 220.0, "in_batches": true}}	{"auc": 0.9}	\N	made for a dump	f	joblib
spare	1	sql	94fe4faf67761af7c91a208b17547e4bef9f8386649cc78c7b92db936ab2aa2e-61f8106f979ab145	99448f13f1f140510a976b5609b972f2c7523d4481a05d1e8e548557534791b1	{"task": "classifier", "input": "frame", "format": 1, "output": {"kind": "probability", "index": 1, "label": true}, "features": [{"kind": "text", "name": "plan", "dtype": "str", "missing": "nan"}, {"kind": "integer", "name": "complaints", "dtype": "int64", "missing": "nan"}, {"kind": "float", "name": "refunds", "dtype": "float64", "missing": "nan"}, {"kind": "float", "name": "spend", "dtype": "float64", "missing": "nan"}], "estimator": "Pipeline(ColumnTransformer, LogisticRegression)"}	{"rows": [["größer", 8, 14.25, 70.0], ["plus", 0, 5.0, 62.0], ["größer", 4, 19.75, 34.0], ["größer", 7, 8.75, 98.75], ["plus", 1, 9.5, 46.5], ["größer", 7, 10.0, 21.5], ["größer", 1, 11.5, 84.5], ["basic", 4, 11.0, 16.0], ["basic", 7, 10.0, 85.5], ["basic", 2, 19.75, 61.25], ["basic", 3, 16.0, 11.25], ["größer", 2, 15.75, 4.25]], "scores": [0.9999615964331524, 0.0006132498726004288, 0.0925749255818351, 0.9999762646223196, 0.0012136955704580726, 0.9848373411212658, 0.012597829220590507, 0.059866073375366285, 0.9999490335045866, 0.015381643774836522, 0.0031303487064892224, 0.00012137930862386466], "synthetic": false, "hurtful_rows": [["dbml: never seen", 8, 14.25, 70.0], ["", 8, 14.25, 70.0], [" ", 8, 14.25, 70.0], ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 8, 14.25, 70.0], ["größer 😀", 8, 14.25, 70.0], ["it's \\"$1\\" {n0} \\\\ %s --\\n;", 8, 14.25, 70.0], [null, 8, 14.25, 70.0], ["nan", 8, 14.25, 70.0], ["None", 8, 14.25, 70.0], ["größer", 0, 14.25, 70.0], ["größer", 1, 14.25, 70.0], ["größer", -1, 14.25, 70.0], ["größer", 0.5, 14.25, 70.0], ["größer", 2147483648, 14.25, 70.0], ["größer", -2147483648, 14.25, 70.0], ["größer", 9007199254740991, 14.25, 70.0], ["größer", 9007199254740992, 14.25, 70.0], ["größer", null, 14.25, 70.0], ["größer", "Infinity", 14.25, 70.0], ["größer", "-Infinity", 14.25, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 0.0, 70.0], ["größer", 8, 1.0, 70.0], ["größer", 8, -1.0, 70.0], ["größer", 8, 0.5, 70.0], ["größer", 8, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005, 70.0], ["größer", 8, 0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, -0.00000000000000000000000000000000000000000000000001, 70.0], ["größer", 8, 0.0000000000000000000000000000000000000001, 70.0], ["größer", 8, 100000000000000000000000000000000000000, 70.0], ["größer", 8, 340282346638528860000000000000000000000, 70.0], ["größer", 8, 340282356779733600000000000000000000000, 70.0], ["größer", 8, 340282356779733660000000000000000000000, 70.0], ["größer", 8, 1000000000000000000000000000000000000000, 70.0], ["größer", 8, -1000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000, 70.0], ["größer", 8, null, 70.0], ["größer", 8, "Infinity", 70.0], ["größer", 8, "-Infinity", 70.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 0.0], ["größer", 8, 14.25, 1.0], ["größer", 8, 14.25, -1.0], ["größer", 8, 14.25, 0.5], ["größer", 8, 14.25, 0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005], ["größer", 8, 14.25, 0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, -0.00000000000000000000000000000000000000000000000001], ["größer", 8, 14.25, 0.0000000000000000000000000000000000000001], ["größer", 8, 14.25, 100000000000000000000000000000000000000], ["größer", 8, 14.25, 340282346638528860000000000000000000000], ["größer", 8, 14.25, 340282356779733600000000000000000000000], ["größer", 8, 14.25, 340282356779733660000000000000000000000], ["größer", 8, 14.25, 1000000000000000000000000000000000000000], ["größer", 8, 14.25, -1000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, 100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, -100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000], ["größer", 8, 14.25, null], ["größer", 8, 14.25, "Infinity"], ["größer", 8, 14.25, "-Infinity"], ["größer", -8, -14.25, -70.0], ["größer", -1, -11.5, -84.5], ["größer", -2, -15.75, -4.25], ["größer", 80, 142.5, 700.0], ["größer", 10, 115.0, 845.0], ["größer", 20, 157.5, 42.5], ["größer", -80, -142.5, -700.0], ["größer", -10, -115.0, -845.0], ["größer", -20, -157.5, -42.5], ["größer", 8000, 14250.0, 70000.0], ["größer", 1000, 11500.0, 84500.0], ["größer", 2000, 15750.0, 4250.0], ["größer", -8000, -14250.0, -70000.0], ["größer", -1000, -11500.0, -84500.0], ["größer", -2000, -15750.0, -4250.0], ["größer", 800000, 1425000.0, 7000000.0], ["größer", 100000, 1150000.0, 8450000.0], ["größer", 200000, 1575000.0, 425000.0], [null, null, null, null]], "hurtful_scores": [0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.9999731293995427, 0.00032765669460294315, 0.0031745836131997214, 0.00003373187016434105, 0.00102063635749598, 1.0, 0.0, 1.0, null, null, null, null, 0.9999855462805626, 0.9999855462805626, 0.9999845203265302, 0.999986504237846, 0.9999850420970303, 0.9999855462805626, 0.9999855462805626, 0.9999855462805626, 0.9999855462805626, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, null, null, null, 0.9876025972765158, 0.9876025972765158, 0.9885754559238682, 0.9865480220084147, 0.988098843645497, 0.9876025972765158, 0.9876025972765158, 0.9876025972765158, 0.9876025972765158, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, null, null, null, 0.000000000000000272643518354866, 0.0000000005564232862419294, 0.000000058480292169173515, 1.0, 1.0, 0.9999999999902622, 0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000033536718290390097, 0.00000000000000000000000000000000000000000042036036330196196, 0.00000000000000000000006912965326987267, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, null]}	{"numpy": "2.4.6", "scipy": "1.17.1", "joblib": "1.6.0", "pandas": "3.1.1", "python": "3.11.7", "scikit-learn": "1.9.0"}	{"rows": 12, "scores": {"max": 0.9999762646223196, "min": 0.00012137930862386466, "mean": 0.34751861509101034, "quantiles": [0.000391908118810975, 0.0026511854224814347, 0.03762385857510141, 0.988615264217096, 0.9999681971182777]}, "features": {"plan": {"top": {"plus": 2, "basic": 4, "größer": 6}, "nulls": 0, "distinct": 3}, "spend": {"max": 98.75, "min": 4.25, "std": 30.723311589084926, "mean": 49.625, "nulls": 0, "quantiles": [8.100000000000001, 20.125, 53.875, 73.625, 91.46249999999999]}, "refunds": {"max": 19.75, "min": 5.0, "std": 4.339088726014049, "mean": 12.604166666666666, "nulls": 0, "quantiles": [7.0625, 9.875, 11.25, 15.8125, 19.75]}, "complaints": {"max": 8.0, "min": 0.0, "std": 2.6718699236468995, "mean": 3.8333333333333335, "nulls": 0, "quantiles": [0.55, 1.75, 3.5, 7.0, 7.449999999999999]}}}	\\x78dacd564d8c1445149ed9f9ddd95dd865c39ffc2a922cc11d174440d02c6444882d8312134f9b4a7577cd54bbdd556d7535cb1a89788065928a31a1f6ecc5c49818d4831ef480cac198e889a8076f9e4c3ce841cff8aaa767a69705511212fb30e9aa79f5eabdf77ddf7b7db1b83c52c8258f1a8fe67d8205ab875e487c8f11adaa2ff65eafea3d6fe90b7a4a952249c248cfc1eb84c3fd3860526016b5b80888d06a57cf89c3839047a48eba466885d54423d97c39b3d7bf60346369ee51639c11ca25610e77cde11dfd3805090577481479ac5d47a9410427ce30728acb13e989beeb9a83256973e111302ae25872b08d422c2282782cc358ea8e2ab9723184dc4b2c0ec245ad2a2d9f6379f000b8516b2866ae4f50cce6195f605a95bd36e302ac8baee0a16eaab1c063a825c86b3184b3081b6b027c1e65ee6daaf52d82652c08623820509ec08602435e65873330d46a1ca519a273908ec7e19ed2befa53f5191ddb508f62e863a6f192c66a5890007b2c29cb4888a34852c1e336051f695ab04122ca7d579f9cbdf944f2a83243af72db843299a9355a205e9b4ab35d817b6d000faab1397d45d9a023532d7d454dacdc84ccb59a04d7be67d793eaa1d073201500bc6996c785c08baf081c865954aa516c3b3e04afe96655612e3656a6daa5886240c22a5e82772e922cf30d4d37815d8a12580d9d39ac3b5796f4593d651554fe0ddd6c369fbf054ff263cd4a6dab1af67dbe8082008790d3966e6cc93d08fb0061409844f6a2047cacf1d8be585afe3897aa6243626c682c483d887de975e353a34810402c92227664126e8f308314acdc25ddc8dbba1b5dde64420bff2df68e515a1772e02f88ca07c001255511a415333732750a09733501ebfaf2c67c1af81ad6c3ac8b8c5554d5548c4656743756dbb2aa4492831d68007e5d0f5465c0a16be720094ca7e692f887ac0289550d0d6847a7e89eb9445aff18da12686785d010e03096553a322d85aea5ebbaaca0ebe906bab103586fa15be936babd497734e9ce267d983ea22621c4546312648f6d9fb8ba431fa7fbd3c34fd243f4b095876a1fa147c1c731dae8d0675368df7920d0e6ef0bda9e9813e80ea581d113565e8d0c7a8629cd6da915ee9cda7b0f24b5c27db2b664e3c873608ab4c58dcf6ebc6be40be9c651ca54913215ab4dc8744fe4b9e7116e49a0621bba58084d1d7ad170ff2f588ca30ca9814886c85601d35df4d1d8a6bb97808e6aef5dc60330d291d04c574ea2c9e7d2ed3bcea2a23904f78e7accb46282d275f51cb40d1700322cc68e434289baf486ae38e650e2cca3f408584cacee9daa06436d5af2696ec66c657e01ba51dbb4de11388606cb0dfd5190ca06b06b796d084e0df7f300072e6961405947ab447017a67cf0bf62cabf696cdfe6fbea28a4809f5ed244ad4d2b93762dd46d5baa6ac71e24c312373efc93846b159a261ae85a6f5a05ab9c2ce2aeb7cb5aadf379db8ba4e708d216863766f46eeff1c97c07618102f8a6f0eba8670aa75e485fcf0e4ef51954810cb02fa16c3517e8488caa5d4d8f9e9cfd2305a0eaef43020305f5c95c0f94a21b631f985390dc87c1fdd0c15f7edbda9856632dcfe4090a318c3303b8bf4091039404c540eb184da6693acf0d7b81282e0f50240d639baa1c71ff9c217fc9b75b40335535df281e78d2a77f2dd0692ba76a0b582407047c12d1bd4d287a595513bfa6c4b7716ca8cfb167d490bd6f00393dbe12f01c20491b57ba2c2cc04e2ebffc522fe90a4b6258e53d9ff5ee1dc812ea697d0fffa6a52e9fe9dd50723869adf66f952f676e6865284bdfbf87ff2f647b67e7a76bb3d7befa61f8c0cf3f5e9f19bef0fae7e59bb3d3a7ae6efb6666e858f5bbaf45e3ed4faeef3fd2f4ce3ef6e9ecf24c2f96da00babb27fc51ffb2f2ade4f930fcfeafdfff9cfab2efa7c75dd041bf1f74c7b8013a200117f0154aa73b5dc3fadfebc9b99f	2026-11-29 01:25:08.883757+00	postgres	{"format":1,"numbers":3,"texts":1,"nodes":[{"op":"text","index":0},{"op":"number","index":0},{"op":"constant","value":-9007199254740992.0},{"op":"less_equal","of":[1,2]},{"op":"constant","value":9007199254740992.0},{"op":"less_equal","of":[4,1]},{"op":"any","of":[3,5]},{"op":"not","of":[6]},{"op":"number","index":1},{"op":"number","index":2},{"op":"is","of":[0],"value":"basic"},{"op":"is","of":[0],"value":"größer"},{"op":"is","of":[0],"value":"plus"},{"op":"indicator","of":[10]},{"op":"indicator","of":[11]},{"op":"indicator","of":[12]},{"op":"finite","of":[1]},{"op":"finite","of":[8]},{"op":"finite","of":[9]},{"op":"dot","of":[13,14,15,1,8,9],"weights":[0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865],"constant":-12.478393250778332},{"op":"sigmoid","of":[19]}],"checks":[{"node":7,"because":"feature \\"complaints\\" is an integer too large to be exact","ordinary":true},{"node":16,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":17,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true},{"node":18,"because":"Input X of LogisticRegression contains NaN or infinity","ordinary":true}],"output":20}	{"case when abs((",n0,")) < '9007199254740992.0'::float8 and (",r1,") is not null and (",r2,") is not null and least((",n1,"), (",n2,")) > '-9007199254740992.0'::float8 and greatest((",n1,"), (",n2,")) < '9007199254740992.0'::float8 then ('0.5'::float8 + '0.5'::float8 * tanh((coalesce(('{0.030119078257361247,-0.17856455307220415,0.14864283543472245}'::float8[])[array_position(array['basic', 'größer', 'plus']::text[], (",t0,") collate \\"C\\")], '0.0'::float8) + ((",n0,") * '1.1369086413656178'::float8) + (((",n1,") + '1e-80'::float8) * '-0.03428850913896758'::float8) + (((",n2,") + '1e-80'::float8) * '0.04135377440899325'::float8) + '-6.239196625389166'::float8))) end"}	{"case when ((not (dbml._ieee_less_equal(coalesce((",n0,"), 'NaN'::float8), '-9007199254740992.0'::float8) or dbml._ieee_less_equal('9007199254740992.0'::float8, coalesce((",n0,"), 'NaN'::float8))))) is not true then dbml._refuse('spare@1 cannot score this row: feature \\"complaints\\" is an integer too large to be exact') when (dbml._ieee_finite(coalesce((",n0,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n1,"), 'NaN'::float8)) and dbml._ieee_finite(coalesce((",n2,"), 'NaN'::float8))) is not true then dbml._refuse('spare@1 cannot score this row: Input X of LogisticRegression contains NaN or infinity') else dbml._ieee_answer(dbml._ieee_sigmoid(dbml._ieee_dot(array[case when (((",t0,") collate \\"C\\" = 'basic') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'größer') is true) then '1.0'::float8 else '0.0'::float8 end, case when (((",t0,") collate \\"C\\" = 'plus') is true) then '1.0'::float8 else '0.0'::float8 end, coalesce((",n0,"), 'NaN'::float8), coalesce((",n1,"), 'NaN'::float8), coalesce((",n2,"), 'NaN'::float8)]::float8[], '{0.060238156514722495,-0.3571291061444083,0.2972856708694449,2.2738172827312355,-0.06857701827793516,0.0827075488179865}'::float8[], '-12.478393250778332'::float8)), 'spare@1 cannot score this row: the estimator answered NaN or infinity') end"}	{"sql": {"rows": 95, "error": null, "differing": 0, "worst_row": null, "largest_difference": 0.00000000000000011102230246251565}}	{"sql": {"cold_us": 562.0, "warm_us": 0.3333333333333333, "memory_kb": 504.0, "in_batches": false}}	{}	\N	\N	t	joblib
\.


COPY dbml.prediction (profile, model, column_name, version_column, scored_at_column, on_error, features) FROM stdin;
1	linear	score	score_version	scored_at	keep	{"refunds": "coalesce(refunds, 0)"}
2	forest	score	score_version	scored_at	null	{"refunds": "coalesce(refunds, 0)"}
3	neighbours	score	score_version	scored_at	keep	{"refunds": "coalesce(refunds, 0)"}
\.


COPY dbml.profile (id, relation, key, spec, attached_at, attached_by, complete, backfilled) FROM stdin;
1	public.customer_sql	{id}	{"key": ["id"], "table": "customer_sql", "events": [{"key": ["customer"], "table": "complaint_sql", "counters": {"recent": {"at": "at", "over": "30 days", "aggregate": "count(*)"}, "refunds": {"at": null, "over": null, "aggregate": "sum(amount)"}, "complaints": {"at": null, "over": null, "aggregate": "count(*)"}}}], "predictions": [{"model": "linear", "column": "score", "features": {"refunds": "coalesce(refunds, 0)"}, "on_error": "keep", "version_column": "score_version", "scored_at_column": "scored_at"}]}	2026-11-29 01:24:58.055641+00	postgres	t	\N
2	public.customer_portable	{id}	{"key": ["id"], "table": "customer_portable", "events": [{"key": ["customer"], "table": "complaint_portable", "counters": {"recent": {"at": "at", "over": "30 days", "aggregate": "count(*)"}, "refunds": {"at": null, "over": null, "aggregate": "sum(amount)"}, "complaints": {"at": null, "over": null, "aggregate": "count(*)"}}}], "predictions": [{"model": "forest", "column": "score", "features": {"refunds": "coalesce(refunds, 0)"}, "on_error": "null", "version_column": "score_version", "scored_at_column": "scored_at"}]}	2026-11-29 01:24:59.921461+00	postgres	t	\N
3	public.customer_python	{id}	{"key": ["id"], "table": "customer_python", "events": [{"key": ["customer"], "table": "complaint_python", "counters": {"recent": {"at": "at", "over": "30 days", "aggregate": "count(*)"}, "refunds": {"at": null, "over": null, "aggregate": "sum(amount)"}, "complaints": {"at": null, "over": null, "aggregate": "count(*)"}}}], "predictions": [{"model": "neighbours", "column": "score", "features": {"refunds": "coalesce(refunds, 0)"}, "on_error": "keep", "version_column": "score_version", "scored_at_column": "scored_at"}]}	2026-11-29 01:25:06.910306+00	postgres	t	\N
\.


COPY dbml.setting (name, value) FROM stdin;
code	cbafe500c6e37cbf82fb811d3dadb7224670fb7a4142de291952557708f3458c
\.


COPY dbml.trusted_key (public_key, owner, added_at, added_by, revoked_at, revoked_by) FROM stdin;
ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	root	2026-11-29 01:24:54.968726+00	postgres	\N	\N
\.


COPY dbml.version_signature (model, version, public_key, signature, signed_at) FROM stdin;
linear	1	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\x0a5c31aaa9b76e1e7bd29570d6b2523091ee540dc9b036d1bb7cbca43bcc58fe7496c09ed9fd2618b7d5e597d167f8b93649a7342a3bdcbfba9376c8e3e7e40e	2026-11-29 01:24:57.537772+00
linear	2	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\xec1db843ba0f6e0e8bf4cbea06be73014dd1ad037ba9630d4489d151b280ffdeda6825206975bc88a233ac59f4052f789f8cc18be459b485c8b538af2a979b0f	2026-11-29 01:24:58.014159+00
forest	1	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\xd12399457381ca59363df30b1065997d8c8ec79192b8dc6b3d15135787499c2cbe59435c9bf4aad4942ab53eabc4cac31a9d44629b2e7cca2ecf0950a096ac00	2026-11-29 01:24:59.270001+00
forest	2	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\x4d83ff0512974e5cef950937b9a1fd6c765da83be5570256ed8fd6757d83c421161b57aff20de1bb689a92d2beddfa0f6e35d8ac44a625736bbbd19ffee3090b	2026-11-29 01:24:59.88954+00
neighbours	1	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\xd2f4b4b062139a5b3dcde706c71eee1cefbea87b78c6fb4e23e05a997feae15961c47720c3fb2697fbb378cd59887c51d7dd7c7b736c6ef42d625e75c510fa01	2026-11-29 01:25:05.729942+00
neighbours	2	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\xddd878df38e5255fc8d4cb6225cb8188cce6bb0f23680dd9a7613935be3d515d006cd5be18f1779fb4b573dffd2ae038feaf9d14919b2e540094a8d3aaf4ee0a	2026-11-29 01:25:06.890663+00
spare	1	ed25519:a925bf43d404109eeb56f7988096ce5d0a6bfeff7611085a6eeb625ebba91090	\\xcae79ba300370e562c682bd9e2d8a62f48106224a4954a969a6e73f471308cb43c266ef92bf54d535bd982f94e1011ea53b0f9d879864433007b5a52180dd80f	2026-11-29 01:25:08.883757+00
\.


COPY public.complaint_portable (id, customer, amount, at) FROM stdin;
1	8	0.25	2026-11-28 12:25:00.216996+00
2	5	0.50	2026-11-27 23:25:00.216996+00
3	2	0.75	2026-11-27 10:25:00.216996+00
4	9	1.00	2026-11-26 21:25:00.216996+00
5	6	1.25	2026-11-26 08:25:00.216996+00
6	3	1.50	2026-11-25 19:25:00.216996+00
8	7	2.00	2026-11-24 17:25:00.216996+00
9	4	2.25	2026-11-24 04:25:00.216996+00
10	1	2.50	2026-11-23 15:25:00.216996+00
12	5	3.00	2026-11-22 13:25:00.216996+00
13	2	3.25	2026-11-22 00:25:00.216996+00
15	6	3.75	2026-11-20 22:25:00.216996+00
16	3	4.00	2026-11-20 09:25:00.216996+00
17	10	4.25	2026-11-19 20:25:00.216996+00
18	7	4.50	2026-11-19 07:25:00.216996+00
19	4	4.75	2026-11-18 18:25:00.216996+00
20	1	5.00	2026-11-18 05:25:00.216996+00
23	2	5.75	2026-11-16 14:25:00.216996+00
24	9	6.00	2026-11-16 01:25:00.216996+00
25	6	6.25	2026-11-15 12:25:00.216996+00
26	3	6.50	2026-11-14 23:25:00.216996+00
27	10	6.75	2026-11-14 10:25:00.216996+00
29	4	7.25	2026-11-13 08:25:00.216996+00
30	1	7.50	2026-11-12 19:25:00.216996+00
31	8	7.75	2026-11-12 06:25:00.216996+00
32	5	8.00	2026-11-11 17:25:00.216996+00
34	9	8.50	2026-11-10 15:25:00.216996+00
36	3	9.00	2026-11-09 13:25:00.216996+00
37	10	9.25	2026-11-09 00:25:00.216996+00
38	7	9.50	2026-11-08 11:25:00.216996+00
39	4	9.75	2026-11-07 22:25:00.216996+00
40	1	10.00	2026-11-07 09:25:00.216996+00
11	8	\N	2026-11-23 02:25:00.216996+00
22	5	\N	2026-11-17 03:25:00.216996+00
33	2	\N	2026-11-11 04:25:00.216996+00
\.


COPY public.complaint_python (id, customer, amount, at) FROM stdin;
1	8	0.25	2026-11-28 12:25:07.041763+00
2	5	0.50	2026-11-27 23:25:07.041763+00
3	2	0.75	2026-11-27 10:25:07.041763+00
4	9	1.00	2026-11-26 21:25:07.041763+00
5	6	1.25	2026-11-26 08:25:07.041763+00
6	3	1.50	2026-11-25 19:25:07.041763+00
8	7	2.00	2026-11-24 17:25:07.041763+00
9	4	2.25	2026-11-24 04:25:07.041763+00
10	1	2.50	2026-11-23 15:25:07.041763+00
12	5	3.00	2026-11-22 13:25:07.041763+00
13	2	3.25	2026-11-22 00:25:07.041763+00
15	6	3.75	2026-11-20 22:25:07.041763+00
16	3	4.00	2026-11-20 09:25:07.041763+00
17	10	4.25	2026-11-19 20:25:07.041763+00
18	7	4.50	2026-11-19 07:25:07.041763+00
19	4	4.75	2026-11-18 18:25:07.041763+00
20	1	5.00	2026-11-18 05:25:07.041763+00
23	2	5.75	2026-11-16 14:25:07.041763+00
24	9	6.00	2026-11-16 01:25:07.041763+00
25	6	6.25	2026-11-15 12:25:07.041763+00
26	3	6.50	2026-11-14 23:25:07.041763+00
27	10	6.75	2026-11-14 10:25:07.041763+00
29	4	7.25	2026-11-13 08:25:07.041763+00
30	1	7.50	2026-11-12 19:25:07.041763+00
31	8	7.75	2026-11-12 06:25:07.041763+00
32	5	8.00	2026-11-11 17:25:07.041763+00
34	9	8.50	2026-11-10 15:25:07.041763+00
36	3	9.00	2026-11-09 13:25:07.041763+00
37	10	9.25	2026-11-09 00:25:07.041763+00
38	7	9.50	2026-11-08 11:25:07.041763+00
39	4	9.75	2026-11-07 22:25:07.041763+00
40	1	10.00	2026-11-07 09:25:07.041763+00
11	8	\N	2026-11-23 02:25:07.041763+00
22	5	\N	2026-11-17 03:25:07.041763+00
33	2	\N	2026-11-11 04:25:07.041763+00
\.


COPY public.complaint_sql (id, customer, amount, at) FROM stdin;
1	8	0.25	2026-11-28 12:24:58.402707+00
2	5	0.50	2026-11-27 23:24:58.402707+00
3	2	0.75	2026-11-27 10:24:58.402707+00
4	9	1.00	2026-11-26 21:24:58.402707+00
5	6	1.25	2026-11-26 08:24:58.402707+00
6	3	1.50	2026-11-25 19:24:58.402707+00
8	7	2.00	2026-11-24 17:24:58.402707+00
9	4	2.25	2026-11-24 04:24:58.402707+00
10	1	2.50	2026-11-23 15:24:58.402707+00
12	5	3.00	2026-11-22 13:24:58.402707+00
13	2	3.25	2026-11-22 00:24:58.402707+00
15	6	3.75	2026-11-20 22:24:58.402707+00
16	3	4.00	2026-11-20 09:24:58.402707+00
17	10	4.25	2026-11-19 20:24:58.402707+00
18	7	4.50	2026-11-19 07:24:58.402707+00
19	4	4.75	2026-11-18 18:24:58.402707+00
20	1	5.00	2026-11-18 05:24:58.402707+00
23	2	5.75	2026-11-16 14:24:58.402707+00
24	9	6.00	2026-11-16 01:24:58.402707+00
25	6	6.25	2026-11-15 12:24:58.402707+00
26	3	6.50	2026-11-14 23:24:58.402707+00
27	10	6.75	2026-11-14 10:24:58.402707+00
29	4	7.25	2026-11-13 08:24:58.402707+00
30	1	7.50	2026-11-12 19:24:58.402707+00
31	8	7.75	2026-11-12 06:24:58.402707+00
32	5	8.00	2026-11-11 17:24:58.402707+00
34	9	8.50	2026-11-10 15:24:58.402707+00
36	3	9.00	2026-11-09 13:24:58.402707+00
37	10	9.25	2026-11-09 00:24:58.402707+00
38	7	9.50	2026-11-08 11:24:58.402707+00
39	4	9.75	2026-11-07 22:24:58.402707+00
40	1	10.00	2026-11-07 09:24:58.402707+00
11	8	\N	2026-11-23 02:24:58.402707+00
22	5	\N	2026-11-17 03:24:58.402707+00
33	2	\N	2026-11-11 04:24:58.402707+00
\.


COPY public.customer_portable (id, plan, complaints, refunds, recent, spend, score, score_version, scored_at) FROM stdin;
1	plus	4	25.00	4	7.5	0.075	2	2026-11-29 01:25:00.216996+00
3	basic	4	21.00	4	22.5	0.225	2	2026-11-29 01:25:00.216996+00
4	plus	4	24.00	4	30	0.19833333333333333	2	2026-11-29 01:25:00.216996+00
2	größer	4	9.75	4	15	0.06519607843137255	2	2026-11-29 01:25:00.216996+00
5	größer	4	11.50	4	37.5	0.06519607843137255	2	2026-11-29 01:25:00.216996+00
6	basic	3	11.25	3	45	0.4	2	2026-11-29 01:25:00.216996+00
7	plus	3	16.00	3	52.5	0.34476190476190477	2	2026-11-29 01:25:00.216996+00
10	plus	3	20.25	3	75	0.5197619047619048	2	2026-11-29 01:25:00.216996+00
8	größer	3	8.00	3	60	0.1379233511586453	2	2026-11-29 01:25:00.216996+00
9	basic	3	15.50	3	Infinity	\N	\N	\N
\.


COPY public.customer_python (id, plan, complaints, refunds, recent, spend, score, score_version, scored_at) FROM stdin;
1	plus	4	25.00	4	7.5	0.2	2	2026-11-29 01:25:07.041763+00
3	basic	4	21.00	4	22.5	0.6	2	2026-11-29 01:25:07.041763+00
4	plus	4	24.00	4	30	0.4	2	2026-11-29 01:25:07.041763+00
2	größer	4	9.75	4	15	0.2	2	2026-11-29 01:25:07.041763+00
5	größer	4	11.50	4	37.5	0.8	2	2026-11-29 01:25:07.041763+00
6	basic	3	11.25	3	45	0.6	2	2026-11-29 01:25:07.041763+00
7	plus	3	16.00	3	52.5	0.4	2	2026-11-29 01:25:07.041763+00
10	plus	3	20.25	3	75	0.6	2	2026-11-29 01:25:07.041763+00
8	größer	3	8.00	3	60	0.6	2	2026-11-29 01:25:07.041763+00
9	basic	3	15.50	3	Infinity	0.4	2	2026-11-29 01:25:07.041763+00
\.


COPY public.customer_sql (id, plan, complaints, refunds, recent, spend, score, score_version, scored_at) FROM stdin;
1	plus	4	25.00	4	7.5	0.26790540678418084	2	2026-11-29 01:24:58.402707+00
3	basic	4	21.00	4	22.5	0.34663945196638746	2	2026-11-29 01:24:58.402707+00
4	plus	4	24.00	4	30	0.3668992348499506	2	2026-11-29 01:24:58.402707+00
2	größer	4	9.75	4	15	0.3653040599718693	2	2026-11-29 01:24:58.402707+00
5	größer	4	11.50	4	37.5	0.4611615192479341	2	2026-11-29 01:24:58.402707+00
6	basic	3	11.25	3	45	0.4232290054764928	2	2026-11-29 01:24:58.402707+00
7	plus	3	16.00	3	52.5	0.43504130756026294	2	2026-11-29 01:24:58.402707+00
10	plus	3	20.25	3	75	0.5195345086951813	2	2026-11-29 01:24:58.402707+00
8	größer	3	8.00	3	60	0.5063738926123755	2	2026-11-29 01:24:58.402707+00
9	basic	3	15.50	3	Infinity	0.5074888343453273	2	2026-11-29 01:24:58.402707+00
\.


SELECT pg_catalog.setval('dbml.deployment_id_seq', 10, true);


SELECT pg_catalog.setval('dbml.failures', 3, true);


SELECT pg_catalog.setval('public.complaint_portable_id_seq', 40, true);


SELECT pg_catalog.setval('public.complaint_python_id_seq', 40, true);


SELECT pg_catalog.setval('public.complaint_sql_id_seq', 40, true);


ALTER TABLE ONLY dbml.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


ALTER TABLE ONLY dbml.arrival
    ADD CONSTRAINT arrival_pkey PRIMARY KEY (profile, entity);


ALTER TABLE ONLY dbml.bytecode
    ADD CONSTRAINT bytecode_pkey PRIMARY KEY (fingerprint, python);


ALTER TABLE ONLY dbml.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (id);


ALTER TABLE ONLY dbml.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (profile, "position");


ALTER TABLE ONLY dbml.event
    ADD CONSTRAINT event_profile_relation_key UNIQUE (profile, relation);


ALTER TABLE ONLY dbml.failure
    ADD CONSTRAINT failure_pkey PRIMARY KEY (profile, model, entity);


ALTER TABLE ONLY dbml.model_version
    ADD CONSTRAINT model_version_model_fingerprint_key UNIQUE (model, fingerprint);


ALTER TABLE ONLY dbml.model_version
    ADD CONSTRAINT model_version_pkey PRIMARY KEY (model, version);


ALTER TABLE ONLY dbml.prediction
    ADD CONSTRAINT prediction_pkey PRIMARY KEY (profile, model);


ALTER TABLE ONLY dbml.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (id);


ALTER TABLE ONLY dbml.profile
    ADD CONSTRAINT profile_relation_key UNIQUE (relation);


ALTER TABLE ONLY dbml.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (name);


ALTER TABLE ONLY dbml.trusted_key
    ADD CONSTRAINT trusted_key_fingerprint_key UNIQUE (fingerprint);


ALTER TABLE ONLY dbml.trusted_key
    ADD CONSTRAINT trusted_key_pkey PRIMARY KEY (public_key);


ALTER TABLE ONLY dbml.version_signature
    ADD CONSTRAINT version_signature_pkey PRIMARY KEY (model, version, public_key);


ALTER TABLE ONLY public.complaint_portable
    ADD CONSTRAINT complaint_portable_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.complaint_python
    ADD CONSTRAINT complaint_python_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.complaint_sql
    ADD CONSTRAINT complaint_sql_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.customer_portable
    ADD CONSTRAINT customer_portable_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.customer_python
    ADD CONSTRAINT customer_python_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.customer_sql
    ADD CONSTRAINT customer_sql_pkey PRIMARY KEY (id);


CREATE INDEX arrival_at ON dbml.arrival USING btree (at);


CREATE INDEX deployment_model ON dbml.deployment USING btree (model, id);


CREATE INDEX model_version_fingerprint ON dbml.model_version USING btree (fingerprint);


CREATE INDEX complaint_portable_customer_idx ON public.complaint_portable USING btree (customer);


CREATE INDEX complaint_python_customer_idx ON public.complaint_python USING btree (customer);


CREATE INDEX complaint_sql_customer_idx ON public.complaint_sql USING btree (customer);


CREATE TRIGGER dbml_checked BEFORE INSERT ON dbml.model_version FOR EACH ROW EXECUTE FUNCTION dbml._check_version();


CREATE TRIGGER dbml_immutable BEFORE UPDATE OR TRUNCATE ON dbml.model_version FOR EACH STATEMENT EXECUTE FUNCTION dbml._refuse_change();


CREATE TRIGGER dbml_arrive AFTER INSERT ON public.customer_portable REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_arrive();


CREATE TRIGGER dbml_arrive AFTER INSERT ON public.customer_python REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_arrive();


CREATE TRIGGER dbml_arrive AFTER INSERT ON public.customer_sql REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_arrive();


CREATE TRIGGER dbml_delete_1_1 AFTER DELETE ON public.complaint_sql REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_count_1();


CREATE TRIGGER dbml_delete_2_1 AFTER DELETE ON public.complaint_portable REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_count_1();


CREATE TRIGGER dbml_delete_3_1 AFTER DELETE ON public.complaint_python REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_count_1();


CREATE TRIGGER dbml_finish AFTER INSERT OR UPDATE ON public.customer_portable FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_finish();


CREATE TRIGGER dbml_finish AFTER INSERT OR UPDATE ON public.customer_python FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_finish();


CREATE TRIGGER dbml_finish AFTER INSERT OR UPDATE ON public.customer_sql FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_finish();


CREATE TRIGGER dbml_insert_1_1 AFTER INSERT ON public.complaint_sql REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_count_1();


CREATE TRIGGER dbml_insert_2_1 AFTER INSERT ON public.complaint_portable REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_count_1();


CREATE TRIGGER dbml_insert_3_1 AFTER INSERT ON public.complaint_python REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_count_1();


CREATE TRIGGER dbml_truncate_1_1 AFTER TRUNCATE ON public.complaint_sql FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_count_1();


CREATE TRIGGER dbml_truncate_2_1 AFTER TRUNCATE ON public.complaint_portable FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_count_1();


CREATE TRIGGER dbml_truncate_3_1 AFTER TRUNCATE ON public.complaint_python FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_count_1();


CREATE TRIGGER dbml_update_1_1 AFTER UPDATE ON public.complaint_sql REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_1_count_1();


CREATE TRIGGER dbml_update_2_1 AFTER UPDATE ON public.complaint_portable REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_2_count_1();


CREATE TRIGGER dbml_update_3_1 AFTER UPDATE ON public.complaint_python REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION dbml_scorer.profile_3_count_1();


CREATE TRIGGER zz_dbml_score BEFORE INSERT OR UPDATE ON public.customer_portable FOR EACH ROW EXECUTE FUNCTION dbml_scorer.profile_2_score();


CREATE TRIGGER zz_dbml_score BEFORE INSERT OR UPDATE ON public.customer_python FOR EACH ROW EXECUTE FUNCTION dbml_scorer.profile_3_score();


CREATE TRIGGER zz_dbml_score BEFORE INSERT OR UPDATE ON public.customer_sql FOR EACH ROW EXECUTE FUNCTION dbml_scorer.profile_1_score();


ALTER TABLE ONLY dbml.deployment
    ADD CONSTRAINT deployment_model_version_fkey FOREIGN KEY (model, version) REFERENCES dbml.model_version(model, version);


ALTER TABLE ONLY dbml.event
    ADD CONSTRAINT event_profile_fkey FOREIGN KEY (profile) REFERENCES dbml.profile(id) ON DELETE CASCADE;


ALTER TABLE ONLY dbml.failure
    ADD CONSTRAINT failure_profile_fkey FOREIGN KEY (profile) REFERENCES dbml.profile(id) ON DELETE CASCADE;


ALTER TABLE ONLY dbml.prediction
    ADD CONSTRAINT prediction_profile_fkey FOREIGN KEY (profile) REFERENCES dbml.profile(id) ON DELETE CASCADE;


ALTER TABLE ONLY dbml.version_signature
    ADD CONSTRAINT version_signature_model_version_fkey FOREIGN KEY (model, version) REFERENCES dbml.model_version(model, version) ON DELETE CASCADE;


ALTER TABLE ONLY public.complaint_python
    ADD CONSTRAINT complaint_python_customer_fkey FOREIGN KEY (customer) REFERENCES public.customer_python(id);


ALTER TABLE ONLY public.complaint_sql
    ADD CONSTRAINT complaint_sql_customer_fkey FOREIGN KEY (customer) REFERENCES public.customer_sql(id);


GRANT USAGE ON SCHEMA dbml TO dbml_analyst;
GRANT USAGE ON SCHEMA dbml TO dbml_deployer;


GRANT USAGE ON SCHEMA dbml_scorer TO dbml_analyst;
GRANT USAGE ON SCHEMA dbml_scorer TO dbml_deployer;


GRANT USAGE ON SCHEMA public TO dbml_owner;


REVOKE ALL ON TYPE dbml.scorer FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._add_signature(model text, version integer, public_key text, signature bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._add_signature(model text, version integer, public_key text, signature bytea) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._add_version(model text, version integer, engine text, fingerprint text, sha256 text, signature jsonb, golden jsonb, libraries jsonb, training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[], parity jsonb, cost jsonb, metrics jsonb, git_revision text, note text, migrated boolean, kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._add_version(model text, version integer, engine text, fingerprint text, sha256 text, signature jsonb, golden jsonb, libraries jsonb, training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[], parity jsonb, cost jsonb, metrics jsonb, git_revision text, note text, migrated boolean, kind text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._answers(scorer dbml.scorer, OUT place integer, OUT expected double precision, OUT answer double precision, OUT reason text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._arrays(numbers text[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._bind(profile integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._bind_checks(attached dbml.profile) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._bind_finish(profile integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._careful_call(version dbml.scorer, numbers text[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._careful_scorer(model text, version integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._check_signature(model text, version integer, engine text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._check_version() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._checked_expression(parts text[], numbers integer, texts integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._compile(fingerprint text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._compile_all() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._compile_runtime() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._deployed(model text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._feature_inputs(prediction dbml.prediction, version dbml.scorer, row_name text, OUT numbers text[], OUT texts text[], OUT columns text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._filled(expression text[], numbers text[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._follow_windows(profile integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._forget_failures() FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._forget_failures() TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._golden_rows(model text, version integer, OUT place integer, OUT numbers double precision[], OUT texts text[], OUT score double precision, OUT hurtful boolean) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._ieee_add(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_add(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_answer(x double precision, refusal text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_answer(x double precision, refusal text) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_divide(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_divide(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_dot(terms double precision[], weights double precision[], intercept double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_dot(terms double precision[], weights double precision[], intercept double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_equal(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_equal(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_exp(x double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_exp(x double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_finite(x double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_finite(x double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_function(name text, x double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_function(name text, x double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_interpolate(x double precision, places double precision[], worth double precision[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_interpolate(x double precision, places double precision[], worth double precision[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_less(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_less(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_less_equal(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_less_equal(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_maximum(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_maximum(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_minimum(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_minimum(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_multiply(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_multiply(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_polynomial(x double precision, breaks double precision[], coefficients double precision[], width integer) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_polynomial(x double precision, breaks double precision[], coefficients double precision[], width integer) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_power(x double precision, exponent double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_power(x double precision, exponent double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_round32(x double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_round32(x double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_sigmoid(x double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_sigmoid(x double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_softmax(logits double precision[], place integer) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_softmax(logits double precision[], place integer) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_step(x double precision, edges double precision[], worth double precision[], on_left boolean, missing double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_step(x double precision, edges double precision[], worth double precision[], on_left boolean, missing double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_subtract(a double precision, b double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_subtract(a double precision, b double precision) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_sum(terms double precision[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_sum(terms double precision[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._ieee_trees(features double precision[], roots integer[], feature integer[], threshold double precision[], on_left integer[], on_right integer[], missing_left integer[], set_node integer[], set_value double precision[], start double precision, exclusive boolean, single boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._ieee_trees(features double precision[], roots integer[], feature integer[], threshold double precision[], on_left integer[], on_right integer[], missing_left integer[], set_node integer[], set_value double precision[], start double precision, exclusive boolean, single boolean) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._limits(OUT artifact bigint, OUT unfolded bigint, OUT plan bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._limits(OUT artifact bigint, OUT unfolded bigint, OUT plan bigint) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._load_compiled() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._load_runtime() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._mark_parallel(profile integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._measure(model text, version integer, engine text, OUT cold_us double precision, OUT warm_us double precision, OUT memory_kb double precision, OUT in_batches boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._measure(model text, version integer, engine text, OUT cold_us double precision, OUT warm_us double precision, OUT memory_kb double precision, OUT in_batches boolean) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._not_deployed(model text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._not_deployed(model text) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._plan(model text, version integer) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._plan(model text, version integer) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._prepare(model text, version integer, engine text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._prepare(model text, version integer, engine text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._prime(fingerprint text, engine text, numbers double precision[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._read_ahead(profile integer, entity text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._record_failure(profile integer, model text, version integer, entity text[], state text, message text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._refuse(reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._refuse(reason text) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._refuse_change() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._refuse_row(model text, version integer, engine text, state text, message text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._remove_version(model text, version integer, sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._remove_version(model text, version integer, sha256 text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._rescore_batch(profile integer, model text, after text[], rows integer, every boolean, stale boolean, OUT scored bigint, OUT reached text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._rescore_batch(profile integer, model text, after text[], rows integer, every boolean, stale boolean, OUT scored bigint, OUT reached text[]) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._rescore_profile(profile integer, model text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._resident_memory() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._run_portable(fingerprint text, numbers double precision[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._score_ahead(fingerprint text, engine text, numbers double precision[], texts text[], profile integer, entity text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._score_ahead(fingerprint text, engine text, numbers double precision[], texts text[], profile integer, entity text[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._score_arrays(version dbml.scorer, numbers double precision[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._score_in_bulk(fingerprint text, numbers double precision[], texts text[], profile integer, depth integer, statement timestamp with time zone, entity text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._score_named(version dbml.scorer, named jsonb) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._score_portable(fingerprint text, numbers double precision[], texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._score_portable(fingerprint text, numbers double precision[], texts text[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._score_python(fingerprint text, numbers double precision[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._scorer(model text, version integer, engine text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._scorer_call(version dbml.scorer, numbers text[], texts text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._session_memory() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._start_rescore(model text, stale boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._start_rescore(model text, stale boolean) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._unbounded(x anyelement) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._unbounded(x anyelement) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._unbounded(x smallint) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._unbounded(x smallint) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._unbounded(x integer) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._unbounded(x integer) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml._undeploy(model text, version integer, note text, rescore boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._undeploy(model text, version integer, note text, rescore boolean) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._verify(model text, version integer, engine text, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml._verify(model text, version integer, engine text, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml._verify_python(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._verify_signature(model text, version integer) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml._waiting(profile integer, depth integer, statement timestamp with time zone) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml.compare(model text, one integer, other integer, OUT features jsonb, OUT one_score double precision, OUT other_score double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.compare(model text, one integer, other integer, OUT features jsonb, OUT one_score double precision, OUT other_score double precision) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.deploy(model text, version integer) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.deploy(model text, version integer) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.deploy(model text, version integer, note text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.deploy(model text, version integer, note text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.rescore(model text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.rescore(model text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.rescore_due() FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.rescore_due() TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.revoke_key(key text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml.rollback(model text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.rollback(model text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml.score(model text, features jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.score(model text, features jsonb) TO dbml_analyst;


GRANT SELECT,UPDATE ON TABLE public.customer_portable TO dbml_owner;


REVOKE ALL ON FUNCTION dbml.score(model text, c public.customer_portable) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.score(model text, c public.customer_portable) TO dbml_analyst;


GRANT SELECT,UPDATE ON TABLE public.customer_python TO dbml_owner;


REVOKE ALL ON FUNCTION dbml.score(model text, c public.customer_python) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.score(model text, c public.customer_python) TO dbml_analyst;


GRANT SELECT,UPDATE ON TABLE public.customer_sql TO dbml_owner;


REVOKE ALL ON FUNCTION dbml.score(model text, c public.customer_sql) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.score(model text, c public.customer_sql) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml.trust_key(public_key text, owner text) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml.verify(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml.verify(model text, version integer, OUT rows integer, OUT differing integer, OUT largest_difference double precision, OUT worst_row integer, OUT error text) TO dbml_deployer;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_arrive() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_count_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_finish() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_follow_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_linear(c public.customer_sql) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_1_linear(c public.customer_sql) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_linear_feature_3(refunds numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_1_linear_feature_3(refunds numeric) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_prime(batch public.customer_sql[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_primes() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_read_ahead(entity text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_recount_1(dbml_batch public.customer_sql[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_rekeyed(dbml_given public.customer_sql) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_1_score() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_arrive() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_count_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_finish() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_follow_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_forest(c public.customer_portable) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_2_forest(c public.customer_portable) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_forest_feature_3(refunds numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_2_forest_feature_3(refunds numeric) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_prime(batch public.customer_portable[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_primes() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_read_ahead(entity text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_recount_1(dbml_batch public.customer_portable[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_rekeyed(dbml_given public.customer_portable) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_2_score() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_arrive() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_count_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_finish() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_follow_1() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_neighbours(c public.customer_python) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_3_neighbours(c public.customer_python) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_neighbours_feature_3(refunds numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.profile_3_neighbours_feature_3(refunds numeric) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_prime(batch public.customer_python[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_primes() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_read_ahead(entity text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_recount_1(dbml_batch public.customer_python[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_rekeyed(dbml_given public.customer_python) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_rescore(dbml_model text, dbml_version integer, dbml_last text[], dbml_rows integer, dbml_every boolean, dbml_stale boolean, OUT dbml_scored bigint, OUT dbml_reached text[]) FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.profile_3_score() FROM PUBLIC;


REVOKE ALL ON FUNCTION dbml_scorer.version_linear_1(numbers double precision[], texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.version_linear_1(numbers double precision[], texts text[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.version_linear_2(numbers double precision[], texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.version_linear_2(numbers double precision[], texts text[]) TO dbml_analyst;


REVOKE ALL ON FUNCTION dbml_scorer.version_spare_1(numbers double precision[], texts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION dbml_scorer.version_spare_1(numbers double precision[], texts text[]) TO dbml_analyst;


GRANT SELECT ON TABLE dbml.deployment_history TO dbml_analyst;


GRANT SELECT ON TABLE dbml.trusted_key TO dbml_analyst;


GRANT SELECT ON TABLE dbml.model TO dbml_analyst;


GRANT SELECT ON TABLE dbml.status TO dbml_analyst;


GRANT SELECT ON TABLE public.complaint_portable TO dbml_owner;


GRANT SELECT ON TABLE public.complaint_python TO dbml_owner;


GRANT SELECT ON TABLE public.complaint_sql TO dbml_owner;


ALTER DEFAULT PRIVILEGES FOR ROLE dbml_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;


