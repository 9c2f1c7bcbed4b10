    if (select {condition:s} from (select new.*) as generated_from) is false
       and exists (select from pg_constraint k where k.conrelid = tg_relid and k.conname = {constraint:L}) then
      raise exception {message:L}
        using errcode = 'check_violation', schema = {schema:L}, table = {table:L}, constraint = {constraint:L};
    end if;
