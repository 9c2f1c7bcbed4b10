  declare
    dbml_arm text := 'control';
    dbml_version integer := {version:s};
    dbml_numbers float8[];
    dbml_texts text[];
