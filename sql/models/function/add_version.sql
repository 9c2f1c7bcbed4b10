-- The only way into dbml.model_version. Whoever may call it is trusted to add models and with nothing more, so what
-- others rely on is checked here: that the numbers follow each other, that the hash is the blob's, and that the
-- fingerprint, by which sessions find a version, is nobody else's.
create or replace function dbml._add_version(
  model text, version integer, engine text, fingerprint text, sha256 text, interface jsonb, golden jsonb, libraries jsonb,
  training_summary jsonb, artifact bytea, plan text, expression text[], careful_expression text[],
  metrics jsonb, git_revision text, note text, migrated boolean, kind text
) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  limits record;
  rows_of_it bigint := coalesce(pg_column_size(interface), 0) + coalesce(pg_column_size(golden), 0);
  texts integer;
  latest integer;
  other record;
  written json;
begin
  if model !~ '^[a-z_][a-z0-9_]{0,39}$' then
    raise exception '% is no name for a model', quote_literal(left(model, 80))
      using errcode = 'DB003', hint = 'Use at most 40 lower-case letters, digits and underscores.';
  end if;
  select * into limits from dbml._limits();
  -- The runtime and the engine python go by names of other forms.
  if fingerprint !~ '^[0-9a-f]{64}(-[0-9a-f]{16})?$' then
    raise exception '% is no fingerprint', quote_literal(left(fingerprint, 80))
      using errcode = 'DB003', hint = 'dbml model add makes it from the file, the interface and the plan.';
  end if;
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
    texts := (select count(*) from jsonb_array_elements(interface -> 'features') f where f ->> 'kind' = 'text');
    if written is not null and not coalesce(
         written ->> 'texts' = texts::text
         and written ->> 'numbers' = (jsonb_array_length(interface -> 'features') - texts)::text, false) then
      raise exception 'the plan of %@% does not take the features of its interface', model, version using errcode = 'DB003';
    end if;
  exception when data_exception or statement_too_complex then
    raise exception 'the plan or the interface of %@% is not what dbml writes', model, version using errcode = 'DB003';
  end;
  if encode(pg_catalog.sha256(artifact), 'hex') is distinct from sha256 then
    raise exception 'the artifact of %@% is not the one that its sha256 says', model, version using errcode = 'DB003';
  end if;
  perform dbml._hold('the model ' || model);
  select coalesce(max(v.version), 0) into latest from dbml.model_version v where v.model = _add_version.model;
  if version is distinct from latest + 1 then
    raise exception 'the next version of % is %, not %', model, latest + 1, version
      using errcode = 'DB006', hint = 'Versions are numbered in the order in which they are added.';
  end if;
  perform dbml._hold('the fingerprint ' || fingerprint);
  select v.model, v.version into other
    from dbml.model_version v
   where v.fingerprint = _add_version.fingerprint
     and (v.sha256, v.interface, v.plan::text) is distinct from
         (_add_version.sha256, _add_version.interface, written::text)
   limit 1;
  if other.model is not null then
    raise exception 'the fingerprint of %@% is that of %@%, which is another model', model, version, other.model, other.version
      using errcode = 'DB006', hint = 'dbml model add makes it from the file, the interface and the plan.';
  end if;
  begin
    -- Whoever lists models or attaches a table reads these as well.
    if coalesce(jsonb_array_length(golden -> 'rows'), -1) is distinct from jsonb_array_length(golden -> 'scores')
       or exists (select from jsonb_array_elements(golden -> 'rows') r
                   where jsonb_array_length(r.value) <> jsonb_array_length(interface -> 'features')) then
      raise exception 'the golden rows of %@% are not what dbml writes', model, version using errcode = 'DB003';
    end if;
  exception when data_exception then
    raise exception 'the golden rows of %@% are not what dbml writes', model, version using errcode = 'DB003';
  end;
  insert into dbml.model_version
         (model, version, fingerprint, sha256, interface, golden, libraries, training_summary, artifact,
          plan, expression, careful_expression, metrics, git_revision, note, migrated, kind)
  values (_add_version.model, _add_version.version, _add_version.fingerprint, _add_version.sha256,
          _add_version.interface, _add_version.golden, _add_version.libraries, _add_version.training_summary,
          _add_version.artifact, written, _add_version.expression, _add_version.careful_expression,
          _add_version.metrics, _add_version.git_revision, _add_version.note, _add_version.migrated, _add_version.kind);
  insert into dbml.version_engine (model, version, engine)
  values (_add_version.model, _add_version.version, _add_version.engine);
  if training_summary ? 'histograms' then
    perform dbml._keep_reference(model, version, training_summary -> 'histograms', 'sample');
  end if;
end
$$;
comment on function dbml._add_version(
  text, integer, text, text, text, jsonb, jsonb, jsonb, jsonb, bytea, text, text[], text[], jsonb, text, text, boolean, text
) is 'Stores a version of a model, checked as far as the server can check it without loading anything.';
