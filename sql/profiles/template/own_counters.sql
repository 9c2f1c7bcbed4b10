begin
  -- What dbml writes, its functions write as their owner. Asked here, because the condition of a trigger is parsed anew
  -- in every UPDATE; and all names are qualified, because a pinned search_path would cost every UPDATE as much.
  if current_user operator(pg_catalog.=) 'dbml_owner'::pg_catalog.name then
    return new;
  end if;
  begin
{kept}
  exception when undefined_column or datatype_mismatch then
    -- A counter is gone, or has another type since this session began: what is there is kept by name.
    new := pg_catalog.jsonb_populate_record(new, (
      select pg_catalog.jsonb_object_agg(c.key, c.value)
        from pg_catalog.jsonb_each(pg_catalog.to_jsonb(old)) c
       where c.key operator(pg_catalog.=) any ({names}::pg_catalog.text[])));
  end;
  return new;
end
