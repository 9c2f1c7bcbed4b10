{lock}
get diagnostics dbml_entities = row_count;
