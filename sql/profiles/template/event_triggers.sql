create or replace trigger {trigger_insert}
after insert on {event}
referencing new table as inserted
for each statement execute function dbml_scorer.{function}();
create or replace trigger {trigger_update}
after update on {event}
referencing old table as deleted new table as inserted
for each statement execute function dbml_scorer.{function}();
create or replace trigger {trigger_delete}
after delete on {event}
referencing old table as deleted
for each statement execute function dbml_scorer.{function}();
create or replace trigger {trigger_truncate}
after truncate on {event}
for each statement execute function dbml_scorer.{function}()
