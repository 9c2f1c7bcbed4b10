    dbml_at timestamptz := clock_timestamp();
    dbml_shadow float8;
    dbml_refused text;
