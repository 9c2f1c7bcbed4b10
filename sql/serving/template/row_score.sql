{seen:s}
      new.{column:I} := {score:s};
{stamps:s}
