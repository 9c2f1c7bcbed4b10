if not dbml_scorer.{estimated}() then
  -- Nobody needs the rows themselves here: they are locked in order of their key, and then written as a range of keys.
  if dbml_last is null then
    {lock_first}
  else
    {from_last}
    {lock_next}
  end if;
  dbml_scored := coalesce(cardinality(dbml_keys), 0);
  if dbml_scored = 0 then
    return;
  end if;
  {from_keys}
  {to_keys}
  -- Changing the score is what makes the row's trigger compute it anew.
  update {profile} dbml_row
     set {scores}
   {where};
  -- What was refused again is queued again, and has no new score.
  select dbml_scored - count(*) into dbml_scored
    from dbml.failure f
   where f.profile = {id} and f.model = dbml_model and f.entity[1] = any (dbml_keys);
  dbml_reached := array[dbml_keys[cardinality(dbml_keys)]];
  return;
end if;
