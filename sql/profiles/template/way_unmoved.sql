-- As many rows are on either side: where none of one is missing on the other, all lead where they led.
if not exists (select {columns} from inserted except all select {columns} from deleted) then
  return new;
end if;
