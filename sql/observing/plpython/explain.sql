create or replace function dbml._explain(model text, version integer, numbers float8[], texts text[], scale text) returns float8[]
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("explain")
return SD["run"](plpy, model, version, numbers, texts, scale)
$$;
comment on function dbml._explain(text, integer, float8[], text[], text) is
  'The base of a version''s scores, and what each feature of a row adds to it, in the order of the interface.';

create or replace function dbml._explain_rows(model text, version integer, count integer, numbers bytea[], texts text[], scale text) returns text
language plpython3u
stable parallel unsafe -- each plpy.execute() opens a subtransaction, which no parallel query may
cost 100000
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
if "run" not in SD: plpy.execute("select dbml._load_runtime()"); SD["run"] = __import__("@runtime@.entrypoints", fromlist=["started"]).started("explain_rows")
return SD["run"](plpy, model, version, count, numbers, texts, scale)
$$;
comment on function dbml._explain_rows(text, integer, integer, bytea[], text[], text) is
  'As _explain, of many rows: a column of numbers is the float8send of each in turn, and the answer has a line for each row, '
  'an array of float8 as text, or null for a row that is refused.';
