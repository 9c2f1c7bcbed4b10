begin
  return dbml.score(model, pg_catalog.jsonb_populate_record(null::{profile:s}, columns));
end
