#variable_conflict use_column
declare
  dbml_batch {profile}[];
begin
  {claim}
  {counts}
  return null;
end
