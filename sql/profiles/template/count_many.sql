{entities}
if dbml_entities = 0 then
  return new;
end if;
{claim}
{lock}
{act}
