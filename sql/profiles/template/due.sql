#variable_conflict use_column
declare
  dbml_since timestamptz;
begin
  {collects}
end
