  -- Most statements insert one row. Its entity moves without being looked for among others.
  select {keys}, {changes}, exists (select from inserted offset 1) as dbml_more into d
    from ({facts}) as f
   where {counts};
  if not (d.dbml_more or {recounts}) then
    update {profile} p
       set {assignments}
     where {matches};
    if found then
      return new;
    end if;
    dbml_entities := 1;
    dbml_found := 0;
  elsif d.dbml_more is null then
    return new;
  else
{operation}
  end if;
