#variable_conflict use_column
declare
  -- Their keys alone are filled. Prefixed, because a column of the profile may have any other name.
  dbml_from {profile};
  {rows}
  {variables}
  dbml_taken record;
  dbml_at timestamptz;
  dbml_moved bigint := 0;
begin
  {first}
  for dbml_taken in
    {take}
  loop
    {from_entity}
    {append}
    {each}
  end loop;
  {claims}
  -- In key order and for all event tables at once, or two transactions could wait for each other.
  perform
     from {profile} p
     join unnest({all}) as dbml_b on {same}
    order by {key}
      for no key update of p;
  {recounts}
  {last}
  return {result};
end
