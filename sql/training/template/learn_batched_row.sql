begin
  -- A label that cannot be read costs the application nothing.
  begin
    insert into dbml.label (profile, model, version, entity, label, numbers, texts)
    select {profile:L}, {model:L}, {version:s}, array[{entity:s}], l.label, {numbers:s}, {texts:s}
      from ({label:s}) l
      join {relation:s} c on {same:s};
    if not found then
      insert into dbml.label (profile, model, version, entity, label)
      select {profile:L}, {model:L}, {version:s}, array[{entity:s}], l.label
        from ({label:s}) l;
    end if;
  exception when others then
    insert into dbml.label_aside (profile, model, version, label, reason)
    values ({profile:L}, {model:L}, {version:s}, to_jsonb(new)::text, left(sqlstate || ': ' || sqlerrm, 1000));
  end;
  return null;
end
