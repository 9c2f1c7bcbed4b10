  begin
{generated:s}
{checks:s}
  exception when datatype_mismatch then
    null;
  end;
