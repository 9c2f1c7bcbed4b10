dbml_at := greatest(dbml_at, dbml_taken.at);
dbml_last := greatest(dbml_last, dbml_taken.number);
