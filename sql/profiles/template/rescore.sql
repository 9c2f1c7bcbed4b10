#variable_conflict use_column
declare
  -- Prefixed, because a column of the profile may have any other name.
  dbml_batch {profile}[];
  dbml_wanted {profile}[] := '{{}}';
  dbml_from {profile};
  dbml_to {profile};
  dbml_entity text[];
  dbml_keys text[];
begin
  if dbml_stale then
    for dbml_entity in
      select f.entity
        from dbml.failure f
       where f.profile = {id} and f.model = dbml_model
         and (dbml_last is null or f.entity > dbml_last)
       order by f.entity
       limit dbml_rows
    loop
      {from_entity}
      dbml_wanted := array_append(dbml_wanted, dbml_from);
      dbml_reached := dbml_entity;
    end loop;
    select array_agg(b.dbml_row order by {b_key})
      into dbml_batch
      from (select dbml_row
              from {profile} dbml_row
              join unnest(dbml_wanted) as dbml_b on {wanted}
             order by {key}
               for no key update of dbml_row) as b;
    -- Nothing is left to score where the row is gone.
    delete from dbml.failure f
     using unnest(dbml_wanted) as dbml_b
     where f.profile = {id} and f.model = dbml_model and f.entity = {b_entity}
       and not exists (select from {profile} dbml_row where {wanted});
  else
    {to_until}
    {in_range}
    if dbml_last is null then
      {first}
    else
      {from_last}
      {next}
    end if;
  end if;
  dbml_scored := coalesce(cardinality(dbml_batch), 0);
  if dbml_scored = 0 then
    return;
  end if;
  if dbml_scorer.{estimated}() then
    perform dbml_scorer.{prime}(dbml_batch);
  end if;
  -- Changing the score is what makes the row's trigger compute it anew.
  update {profile} p
     set {scores}
    from unnest(dbml_batch) as b
   where {same};
  -- What was refused again is queued again, and has no new score.
  select dbml_scored - count(*) into dbml_scored
    from dbml.failure f
    join unnest(dbml_batch) as dbml_b on f.entity = {b_entity}
   where f.profile = {id} and f.model = dbml_model;
  if not dbml_stale then
    dbml_from := dbml_batch[cardinality(dbml_batch)];
    dbml_reached := {reached};
  end if;
end
