#variable_conflict use_column
declare
  dbml_row record := dbml_given;
  dbml_counted record;
begin
  -- What others have made of the events' tables does not fail the statement.
  begin
    {claim}
    {counts}
  exception when syntax_error_or_access_rule_violation or invalid_schema_name or feature_not_supported or internal_error
      or invalid_text_representation then
    perform dbml._miss({id}, sqlstate, sqlerrm);
    return dbml_given;
  end;
  -- Events that follow their profile row to its new key report it at the end of the same statement.
  perform dbml._mark_recount();
  return dbml_row;
end
