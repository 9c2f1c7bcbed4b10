{seen:s}
      dbml_outputs := {outputs:s};
      -- NULL: the row waits for the end of the statement, and keeps what it has until then.
      if dbml_outputs[1] is null then
        exit dbml_prediction;
      end if;
{assigned:s}
{stamps:s}
