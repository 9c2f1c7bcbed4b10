begin
  -- A label that cannot be read costs the application nothing.
  begin
    insert into dbml.label (profile, model, version, entity, label, numbers, texts)
    select {profile:L}, {model:L}, {version:s}, q.entity, q.label, q.numbers, q.texts
      from ({labels:s}) q
     order by q.place;
  exception when others then
    insert into dbml.label_aside (profile, model, version, label, reason)
    select {profile:L}, {model:L}, {version:s}, to_jsonb(i)::text, left(sqlstate || ': ' || sqlerrm, 1000) from inserted i;
  end;
  return null;
end
