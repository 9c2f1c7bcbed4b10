create schema if not exists dbml;
create schema if not exists dbml_scorer;
-- Somebody else may have made one at this very moment.
do $$
begin
  if exists (select from pg_catalog.pg_namespace n
              where n.nspname in ('dbml', 'dbml_scorer')
                and pg_catalog.pg_get_userbyid(n.nspowner) not in ('dbml_owner', current_user)) then
    raise exception 'the database has a schema dbml or dbml_scorer that is not dbml''s own'
      using errcode = 'DB002', hint = 'Rename it, or remove it if nothing in it is needed.';
  end if;
end
$$;
comment on schema dbml is 'dbml: models, deployments and what is attached';
comment on schema dbml_scorer is 'dbml: generated functions; never edit by hand';
