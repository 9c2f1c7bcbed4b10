create or replace function dbml._score_portable(fingerprint text, numbers float8[], texts text[]) returns float8
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 1000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_compiled()"); SD["run"] = __import__("@runtime@.compiled", fromlist=["score"]).score
return SD["run"](plpy, fingerprint, numbers, texts)
$$;
comment on function dbml._score_portable(text, float8[], text[]) is 'Scores one row with the function compiled from a stored plan.';

-- For the profile's own trigger, which is dbml_owner's with a search_path of its own: to set both once more for each
-- row would cost as much as scoring it.
create or replace function dbml._run_portable(fingerprint text, numbers float8[], texts text[]) returns float8
language plpython3u
stable parallel unsafe
cost 1000
security invoker
as $$
if "run" not in SD: plpy.execute("select dbml._load_compiled()"); SD["run"] = __import__("@runtime@.compiled", fromlist=["score"]).score
return SD["run"](plpy, fingerprint, numbers, texts)
$$;
comment on function dbml._run_portable(text, float8[], text[]) is
  'Scores one row with the function compiled from a stored plan, under the rights and the search_path of the caller.';
