  -- Most statements insert one row. Its entity moves without being looked for among others.
  select count(*) as dbml_rows, {keys}, {aggregates} into d
    from (select * from ({rows}) as f where {counts} limit 2) as f;
  if d.dbml_rows = 0 then
    return null;
  elsif d.dbml_rows = 1 and not dbml_recounts then
    dbml_entities := 1;
    update {profile} p
       set {assignments}
     where {matches};
    get diagnostics dbml_found = row_count;
  else
{operation}
  end if;
