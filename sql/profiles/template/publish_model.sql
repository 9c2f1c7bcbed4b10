if {changed} then
  perform {write}({topic}, array[{key}], dbml._score_change(
    {model}, array[{key}], tg_relid, {old}, {new}, {old_version}, {new_version}, {deciles},
    array[
      {because}
    ]));
end if;
