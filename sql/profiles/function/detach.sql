-- Its caller drops what is on the caller's own tables.
create or replace function dbml.detach(relation regclass) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
  attached integer := (select p.id from dbml.profile p where p.relation = detach.relation);
begin
  if attached is null then
    raise exception '% is not attached', relation using errcode = 'DB009', hint = 'dbml status lists what is.';
  end if;
  perform dbml._forget_profile(attached);
end
$$;
comment on function dbml.detach(regclass) is
  'Removes the triggers and functions of a profile; its columns keep what they hold.';

create or replace function dbml._forget_profile(profile integer) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  perform dbml._drop_generated(profile);
  delete from dbml.arrival a where a.profile = _forget_profile.profile;
  delete from dbml.queue q where q.profile = _forget_profile.profile;
  delete from dbml.label q where q.profile = _forget_profile.profile;
  delete from dbml.profile p where p.id = _forget_profile.profile;
end
$$;
comment on function dbml._forget_profile(integer) is 'Part of detach, for a table that may be gone.';

create or replace function dbml._drop_generated(profile integer) returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
  relation oid := (select p.relation from dbml.profile p where p.id = _drop_generated.profile);
  generated regprocedure;
begin
  -- Triggers go with the functions they call. Those on events first: whoever inserts an event goes on to the profile.
  for generated in
    select p.oid
      from pg_proc p
     where p.pronamespace = 'dbml_scorer'::regnamespace and p.proname ~ format('^profile_%s_', profile)
        or p.pronamespace = 'dbml'::regnamespace and p.proname = 'score'
           and p.proargtypes[1] = (select t.oid from pg_type t where t.typrelid = relation)
     order by p.proname ~ '_count_\d+$' desc, p.proname
  loop
    execute format('drop function %s cascade', generated);
  end loop;
end
$$;
comment on function dbml._drop_generated(integer) is 'Removes the functions that were generated for a profile, and so its triggers.';
