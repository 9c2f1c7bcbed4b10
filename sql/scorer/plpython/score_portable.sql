-- Runs no query, and has no setting of its own: so a parallel query may call it, and a scan pays for nothing but the score. What this
-- session does not know yet, and what the plan refuses, _score_portable is asked for.
create or replace function dbml._score_known(fingerprint text, numbers float8[], texts text[]) returns float8
language plpython3u
stable parallel safe
cost 1000
security invoker
as $$
if "run" not in SD:
  import sys
  if "@runtime@.compiled" not in sys.modules: return None
  SD["run"] = sys.modules["@runtime@.compiled"].known
return SD["run"](fingerprint, numbers, texts)
$$;
comment on function dbml._score_known(text, float8[], text[]) is
  'Scores one row with the function compiled from a stored plan, where this session has it; NULL where it has not, or the plan refuses the row.';

-- In a parallel query PL/Python may run no query, PL/pgSQL may: so this one reads, and hands over what it has read.
create or replace function dbml._score_portable(fingerprint text, numbers float8[], texts text[]) returns float8
language plpgsql
stable parallel safe
cost 1000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  version record;
  answer float8;
begin
  select v.model || '@' || v.version as name, v.plan into version
    from (select v.model, v.version, v.plan::text from dbml.model_version v where v.fingerprint = _score_portable.fingerprint
           union all
          select o.model, o.version, o.plan::text from dbml.version_output o where o.fingerprint = _score_portable.fingerprint) v
   limit 1;
  perform dbml._load_compiled();
  answer := dbml._score_by_code(version.name, fingerprint, dbml._code(fingerprint), null, numbers, texts);
  if answer is null then
    -- After an upgrade of the server's Python there is no code for it yet, and a standby can store none.
    perform dbml._load_runtime();
    answer := dbml._score_by_code(version.name, fingerprint, null, version.plan::text, numbers, texts);
  end if;
  return answer;
end
$$;
comment on function dbml._score_portable(text, float8[], text[]) is 'Scores one row with the function compiled from a stored plan.';

create or replace function dbml._score_by_code(version text, fingerprint text, codes bytea[], plan text, numbers float8[], texts text[]) returns float8
language plpython3u
stable parallel safe
cost 1000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
return __import__("@runtime@.compiled", fromlist=["score_by_code"]).score_by_code(plpy, version, fingerprint, codes, plan, numbers, texts)
$$;
comment on function dbml._score_by_code(text, text, bytea[], text, float8[], text[]) is
  'Scores one row, given the code of the version''s plan as _code() has it, or else the plan; NULL where neither is for this Python.';

create or replace function dbml._code(fingerprint text) returns bytea[]
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select array_agg(u.part order by b.python, u.i)
    from dbml.bytecode b
   cross join lateral unnest(array[convert_to(b.python, 'UTF8'), b.code]) with ordinality u(part, i)
   where b.fingerprint = _code.fingerprint
$$;
comment on function dbml._code(text) is 'The code that is kept for a fingerprint: the name of a Python, then the code for it, and so on.';

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
