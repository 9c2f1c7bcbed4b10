{seen:s}
      dbml_outputs := {outputs:s};
{assigned:s}
{stamps:s}
