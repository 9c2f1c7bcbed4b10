#variable_conflict use_column
declare
  dbml_since timestamptz;
  dbml_row {profile};
  dbml_batch {profile}[] := '{{}}';
  dbml_updated bigint := 0;
begin
  -- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
  select e.followed_until - interval '1 hour'
    into dbml_since
    from dbml.event e
   where e.profile = {id} and e.position = {position}
     for no key update;
  for dbml_row in
    select dbml_b.*
      from {profile} dbml_b
      join (select distinct {keys}
              from ({facts}) as f
             {where}) as d on {matches}
     cross join lateral ({totals}) as g
     where {differing}
     order by {key}
  loop
    dbml_batch := array_append(dbml_batch, dbml_row);
    if cardinality(dbml_batch) = 4096 then
      dbml_updated := dbml_updated + dbml_scorer.{recount}(dbml_batch);
      dbml_batch := '{{}}';
    end if;
  end loop;
  if cardinality(dbml_batch) > 0 then
    dbml_updated := dbml_updated + dbml_scorer.{recount}(dbml_batch);
  end if;
  update dbml.event as e
     set followed_until = now()
   where e.profile = {id} and e.position = {position};
  return dbml_updated;
end
