-- A single row is locked by its UPDATE.
if dbml_entities > 1 then
  {lock}
end if;
