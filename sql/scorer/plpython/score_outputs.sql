create or replace function dbml._score_outputs(fingerprint text, engine text, numbers float8[], texts text[]) returns float8[]
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 1000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score_outputs")
return SD["run"](plpy, fingerprint, engine, numbers, texts)
$$;
comment on function dbml._score_outputs(text, text, float8[], text[]) is 'All answers of a version for one row.';

-- For the profile's own trigger: see _run_portable.
create or replace function dbml._run_outputs(fingerprint text, numbers float8[], texts text[]) returns float8[]
language plpython3u
stable parallel unsafe
cost 1000
security invoker
as $$
if "run" not in SD: plpy.execute("select dbml._load_compiled()"); SD["run"] = __import__("@runtime@.compiled", fromlist=["score"]).score
return SD["run"](plpy, fingerprint, numbers, texts)
$$;
comment on function dbml._run_outputs(text, float8[], text[]) is
  'All answers for one row by the function compiled from a stored plan, under the rights and the search_path of the caller.';

create or replace function dbml._outputs_in_bulk(
  fingerprint text, numbers float8[], texts text[], profile integer, depth integer, statement timestamptz, entity text[]
) returns float8[]
language plpython3u
volatile parallel unsafe
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("score_in_bulk")
return SD["run"](plpy, fingerprint, numbers, texts, (profile, depth, statement), entity)
$$;
comment on function dbml._outputs_in_bulk(text, float8[], text[], integer, integer, timestamptz, text[]) is
  'All answers for a row that a statement writes; NULL for the later ones of many, which wait for the statement''s end.';
