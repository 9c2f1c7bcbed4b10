-- score() is inlined into the caller's query, so the caller needs the function that it becomes.

grant execute on function dbml.verify(text, integer) to dbml_deployer;
grant execute on function dbml._score_python_ahead(text, float8[], text[], integer, text[]) to dbml_analyst;
