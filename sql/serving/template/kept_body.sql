begin
  return coalesce({fast:s},
                  {careful:s}(numbers, texts));
end
