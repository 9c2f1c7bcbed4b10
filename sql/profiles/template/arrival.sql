#variable_conflict use_column
declare
  dbml_batch record;
  -- As in the events' own triggers.
  dbml_opened integer := {opened};
begin
  if {fits} then
    {claim}
    {counts}
  else
    begin
      {claim_always}
      {counts}
    exception when syntax_error_or_access_rule_violation or invalid_schema_name or feature_not_supported or internal_error
      or invalid_text_representation or object_not_in_prerequisite_state then
      perform dbml._miss({id}, sqlstate, sqlerrm);
    end;
  end if;
  return null;
end
