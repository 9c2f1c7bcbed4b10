grant usage on schema dbml, dbml_scorer to dbml_analyst, dbml_deployer;
grant dbml_analyst to dbml_deployer;
grant select on dbml.model, dbml.status to dbml_analyst;
grant execute on function dbml.score(text, jsonb) to dbml_analyst;
grant execute on function dbml.deploy(text, integer), dbml.rescore(text), dbml.rescore_due() to dbml_deployer;
