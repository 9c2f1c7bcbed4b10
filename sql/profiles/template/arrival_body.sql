#variable_conflict use_column
declare
  dbml_rows {profile}[];
begin
  if tg_level = 'ROW' then
    {claim_one}
{count_one}
  else
    {claim_all}
{count_all}
  end if;
  return null;
end
