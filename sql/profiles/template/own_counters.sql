begin
{kept}
  return new;
exception when undefined_column or datatype_mismatch then
  -- A counter is gone, or has another type since this session began: what is there is kept by name.
  return pg_catalog.jsonb_populate_record(new, (
    select pg_catalog.jsonb_object_agg(c.key, c.value)
      from pg_catalog.jsonb_each(pg_catalog.to_jsonb(old)) c
     where c.key operator(pg_catalog.=) any ({names})));
end
