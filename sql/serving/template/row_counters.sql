  -- A new row has the counters over no events, whatever the INSERT says: the events that it has are counted after it.
  -- Under another key it has other events. The old row of an INSERT is null, so that one question serves for both.
  if ({same_key:s}) is not true then
    if tg_op = 'INSERT' then
{empty:s}
    else
      new := dbml_scorer.{new_key:I}(new);
    end if;
  end if;
