create or replace function dbml._rescore_profile(profile integer, model text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  scored bigint;
begin
  execute format('select dbml_scorer.%I($1)', format('profile_%s_rescore', profile)) into scored using model;
  return scored;
end
$$;
comment on function dbml._rescore_profile(integer, text) is 'Scores every row of one profile anew, in batches.';

create or replace function dbml.rescore(model text) returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  attached integer;
  scored bigint := 0;
begin
  if (dbml._deployed(model)).model is null then
    perform dbml._not_deployed(model);
  end if;
  for attached in select r.profile from dbml.prediction r where r.model = rescore.model order by r.profile loop
    -- Open sessions may hold plans for types that columns no longer have: new functions make them plan anew.
    perform dbml._bind(attached);
    perform dbml._follow_windows(attached);
    scored := scored + dbml._rescore_profile(attached, model);
  end loop;
  return scored;
end
$$;
comment on function dbml.rescore(text) is
  'Scores every row of every profile of a model with its deployed version; returns the number of rows.';
