#variable_conflict use_column
declare
  dbml_was text[];
  dbml_is text[];
begin
  begin
    dbml_was := {was};
    dbml_is := {is};
  exception when undefined_column or datatype_mismatch then
    perform dbml._miss({id}, sqlstate, sqlerrm);
    return new;
  end;
  insert into dbml.touched (xid, profile, position, entity)
  select pg_current_xact_id()::text::bigint, {id}, {position}, e.entity
    from (values (dbml_was), (dbml_is)) as e(entity)
   {known};
  {later}
  return new;
end
