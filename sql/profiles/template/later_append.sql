if dbml_taken.position = {position} then
  {rows} := array_append({rows}, dbml_from);
end if;
