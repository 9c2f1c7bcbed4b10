begin
  begin
    {publications}
  -- A column has another type since this session began, or is gone: what is there is read by name.
  exception when undefined_column or undefined_function or datatype_mismatch then
    {publications_by_name}
  end;
  return null;
end
