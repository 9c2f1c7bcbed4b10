create or replace view dbml.metrics as
select m.name, m.type, m.help, m.labels, m.value from dbml._metrics() m;
comment on view dbml.metrics is 'What an exporter tells of this database: name, type, help, labels and value of each sample.';
