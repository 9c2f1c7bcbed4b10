-- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one row to
-- dbml.arrival, so that the second waits for the first, and then sees what it did.
if dbml_updated < dbml_entities then
  {claim}
  -- What has come since the UPDATE looked for it. Rows that it found have a version of this transaction; in a
  -- subtransaction they do not look so, and are recounted for nothing.
  {recount}
end if;
