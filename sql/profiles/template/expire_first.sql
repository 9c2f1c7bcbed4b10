-- One run at a time.
perform from dbml.event e where e.profile = {id} order by e.position for no key update;
select max(e.due_after) into dbml_after from dbml.event e where e.profile = {id};
