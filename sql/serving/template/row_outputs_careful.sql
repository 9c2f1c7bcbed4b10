{seen:s}
      dbml_outputs := {outputs:s};
      -- Apart, because every transaction prepares what it runs: few rows need it.
      if dbml_outputs[1] is null then
        dbml_outputs := {careful:s};
      end if;
{assigned:s}
{stamps:s}
