begin
  -- NEW is null here, and takes no expression to return.
  return new;
end
