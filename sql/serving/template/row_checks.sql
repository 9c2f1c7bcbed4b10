  begin
{checks:s}
  exception when datatype_mismatch then
    null;
  end;
