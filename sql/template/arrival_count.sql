    select array_agg(p.*) into dbml_rows
      from {rows}
     where {changed} exists (select from {event} where {own});
    if dbml_rows is not null then
      perform dbml_scorer.{recount}(dbml_rows);
    end if;
