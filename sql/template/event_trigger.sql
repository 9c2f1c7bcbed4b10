create or replace trigger {trigger}
after insert on {event}
referencing new table as inserted
for each statement execute function dbml_scorer.{function}()
