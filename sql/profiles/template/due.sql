#variable_conflict use_column
declare
  dbml_since timestamptz;
  dbml_number bigint;
begin
  {collects}
end
