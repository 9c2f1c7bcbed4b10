#variable_conflict use_column
declare
  dbml_row record := dbml_given;
  dbml_counted record;
begin
  {claim}
  {counts}
  -- Events that follow their profile row to its new key report it at the end of the same statement.
  perform dbml._mark_recount();
  return dbml_row;
end
