create schema if not exists dbml;
create schema if not exists dbml_scorer;
comment on schema dbml is 'dbml: models, deployments and what is attached';
comment on schema dbml_scorer is 'dbml: generated functions; never edit by hand';
