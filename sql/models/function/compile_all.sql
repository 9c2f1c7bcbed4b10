-- After an upgrade: code that an earlier dbml has generated may call what is no longer there.
create or replace function dbml._compile_all() returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  fingerprint text;
begin
  delete from dbml.bytecode;
  perform dbml._compile_runtime();
  for fingerprint in
    select distinct v.fingerprint
      from dbml.serving s
      join dbml.model_version v using (model, version)
      join dbml.version_engine e using (model, version)
     where e.engine = 'portable'
     union
    select o.fingerprint
      from dbml.serving s
      join dbml.version_output o using (model, version)
      join dbml.prediction r on r.model = s.model and r.outputs is not null
     where (dbml._outputs_scorer(dbml._scorer(s.model, s.version))).engine = 'portable'
  loop
    perform dbml._compile(fingerprint);
  end loop;
end
$$;
comment on function dbml._compile_all() is 'Compiles the runtime and every version that serves by the engine portable anew.';
