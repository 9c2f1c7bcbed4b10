create or replace function dbml._score_in_bulk(
  fingerprint text, numbers float8[], texts text[], profile integer, depth integer, statement timestamptz, entity text[]
) returns float8
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
comment on function dbml._score_in_bulk(text, float8[], text[], integer, integer, timestamptz, text[]) is
  'Scores a row that a statement writes; NULL for the later ones of many, which wait for the statement''s end.';
