-- PostgreSQL pads char(n) with blanks that mean nothing: a row's own features come without them, and so must the same
-- values when they come as JSON.
create or replace function dbml._unpadded(model text, loose jsonb) returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select loose || coalesce(jsonb_object_agg(a.attname, rtrim(loose ->> a.attname, ' ')), '{}')
    from dbml.prediction r
    join dbml.profile p on p.id = r.profile
    join pg_attribute a on a.attrelid = p.relation and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
   where r.model = _unpadded.model
     and 'bpchar'::regtype in (t.oid, t.typbasetype)
     and jsonb_typeof(loose -> a.attname) = 'string'
$$;
comment on function dbml._unpadded(text, jsonb) is
  'Loose values without the blanks that pad what a profile of the model holds as char(n).';
