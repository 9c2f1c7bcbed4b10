if found then
  return new;
end if;
dbml_entities := 1;
dbml_updated := 0;
