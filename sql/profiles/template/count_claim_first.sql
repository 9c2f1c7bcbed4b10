-- A profile row that is not there yet would have to be locked behind others when it comes, and two statements could
-- wait for each other. Claimed before any is locked, it comes after this transaction, or has come when the next
-- query looks.
if dbml_entities > 1 then
  {claim}
end if;
