dbml_again := array(select {key}::text from unnest({rows}) as dbml_b);
{again}
