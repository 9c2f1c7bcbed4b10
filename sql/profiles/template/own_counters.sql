begin
{kept}
  return new;
exception when undefined_column or datatype_mismatch then
  -- A counter is gone, or has another type since this session began: what is there is kept by name.
  return jsonb_populate_record(new, (
    select jsonb_object_agg(c.key, c.value) from jsonb_each(to_jsonb(old)) c where c.key = any ({names})));
end
