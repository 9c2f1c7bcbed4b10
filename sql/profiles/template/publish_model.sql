if {changed} then
  perform dbml._publish({model}, {topic}, array[{key}], tg_relid, {old}, {new}, {old_version}, {new_version}, array[
    {because}
  ]);
end if;
