select to_regprocedure('dbml._score_python(text, float8[], text[])') is not null as has_plpython
