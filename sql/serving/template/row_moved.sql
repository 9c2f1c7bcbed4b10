    -- A row that leaves for another partition is inserted there, and logged then.
    if tg_op = 'UPDATE' and row({old:s}) is distinct from row({new:s}) and dbml._leaves(tg_relid, jsonb_build_object({named:s})) then
      exit dbml_prediction;
    end if;
