    if (select {condition:s} from (select new.*) as generated_from) is false
       and {stands:s} then
      raise exception {message:L}
        using errcode = {state:L}, schema = {schema:L}, table = {table:L}, {what:s} = {name:L};
    end if;
