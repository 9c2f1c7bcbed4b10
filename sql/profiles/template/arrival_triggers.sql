create or replace trigger dbml_arrive
after insert on {profile}
{each} execute function dbml_scorer.{function}()
