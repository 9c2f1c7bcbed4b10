-- score() is inlined into the caller's query, so the caller needs the function that it becomes.
grant execute on function dbml._score_known(text, float8[], text[]), dbml._score_portable(text, float8[], text[]) to dbml_analyst;
grant execute on function dbml._score_ahead(text, text, float8[], text[], integer, text[]) to dbml_analyst;
grant execute on function dbml._score_rows(text, text, integer, bytea[], text[]) to dbml_analyst;
grant execute on function dbml._score_coded(text, text, text, integer, bytea[], text[]) to dbml_analyst;
grant execute on function dbml._explain_rows(text, integer, integer, bytea[], text[], text) to dbml_analyst;
