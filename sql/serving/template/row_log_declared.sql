    dbml_numbers float8[];
    dbml_texts text[];
