if {changed} then
  -- The trigger of a partitioned profile runs on the partition, which nobody has attached.
  perform {write}({topic}, {key}, dbml._score_change(
    {model}, {key}, coalesce((select r.relation from dbml.profile r where r.id = {id}), tg_relid), {old}, {new}, {old_version}, {new_version}, {deciles},
    array[
      {because}
    ]));
end if;
