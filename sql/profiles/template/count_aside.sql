-- They are not: what still works counts these entities anew; nothing fails the statement.
begin
  if tg_op = 'TRUNCATE' then
    perform dbml._miss({id}, null, 'TRUNCATE');
  else
    dbml_changed := case tg_op
      when 'INSERT' then '(table inserted)'
      when 'DELETE' then '(table deleted)'
      else '(table inserted union all table deleted)'
    end;
    execute {claim};
    for dbml_batch in execute {batches}
    loop
      perform dbml_scorer.{recount}(dbml_batch.dbml_rows);
    end loop;
  end if;
exception when syntax_error_or_access_rule_violation or invalid_schema_name or feature_not_supported or internal_error
    or invalid_text_representation or object_not_in_prerequisite_state then
  perform dbml._miss({id}, sqlstate, sqlerrm);
end;
