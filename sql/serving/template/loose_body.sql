begin
  -- A plan of it is kept, with the expression of the engine sql inlined.
  return dbml.score(model, jsonb_populate_record(null::{profile:s}, loose));
end
