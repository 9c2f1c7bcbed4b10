create or replace trigger {trigger}
{when} on {table}
{referencing}
for each {level}
execute function dbml_scorer.{function}()
