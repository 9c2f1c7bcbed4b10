-- BEFORE triggers run in order of name: this one must see what the others have changed. It fires on every
-- UPDATE and compares, because "UPDATE OF" would miss a feature that another trigger sets.
create or replace trigger zz_dbml_score
before insert or update on {profile}
for each row execute function dbml_scorer.{function}();
create or replace trigger dbml_finish
after insert or update on {profile}
for each statement execute function dbml_scorer.{finish}()
