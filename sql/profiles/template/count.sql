#variable_conflict use_column
declare
  -- Prefixed, because a column may have any other name. None has the profile's type by its name, which may change.
  {variables}
  -- Whoever is changing the profile at this moment is waited for, so that the question after it knows what he did.
  dbml_opened integer := dbml_scorer.{opened}();
begin
  -- Planning has answered whether the tables are what they were.
  if tg_op = 'INSERT' and dbml_scorer.{fits}(tg_relid) then
    {insert}
  elsif tg_op = 'UPDATE' and dbml_scorer.{fits}(tg_relid) then
    {update}
  elsif tg_op = 'DELETE' and dbml_scorer.{fits}(tg_relid) then
    {delete}
  elsif tg_op = 'TRUNCATE' and dbml_scorer.{fits}(tg_relid) then
    perform dbml_scorer.{truncated}();
  else
    {aside}
  end if;
  -- NEW is null here, and no expression, which every transaction would prepare anew.
  return new;
end
