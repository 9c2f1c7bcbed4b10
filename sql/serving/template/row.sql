begin
{counters:s}
{generated:s}
{predictions:s}
{checks:s}
  return new;
end
