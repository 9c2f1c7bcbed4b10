create or replace function dbml._check_signature(model text, version integer, engine text) returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  -- Nothing of the engines sql and portable is code: they need no signature, but one that is there must be right.
  if engine <> 'python' and not exists (
       select from dbml.version_signature s where s.model = _check_signature.model and s.version = _check_signature.version) then
    return;
  end if;
  -- Without PL/Python there is no engine python, and nothing that knows Ed25519.
  if to_regprocedure('dbml._verify_signature(text, integer)') is not null then
    begin
      execute 'select dbml._verify_signature($1, $2)' using model, version;
    exception when sqlstate 'DB001' then
      -- This server's Python cannot check it: too old, or without the package. The other engines do without.
      if engine = 'python' then
        raise;
      end if;
    end;
  end if;
end
$$;
comment on function dbml._check_signature(text, integer, text) is
  'Refuses a version with the engine python that no trusted key has signed, and any version whose signatures do not count.';
