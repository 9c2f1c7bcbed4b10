create or replace trigger dbml_arrive
after insert on {profile}
{each} execute function dbml_scorer.{function}();
create or replace trigger dbml_rename
after update on {profile}
for each row when ({renamed}) execute function dbml_scorer.{function}()
