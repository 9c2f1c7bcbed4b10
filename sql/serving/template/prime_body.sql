begin
{models:s}
exception when others then
  -- Only to be quick: a row that cannot be scored, or whose features cannot be computed, is told of by its own call.
  return;
end
