{seen:s}
      new.{column:I} := {score:s};
      -- Apart, because every transaction prepares what it runs: few rows need it.
      if new.{column:I} is null then
        new.{column:I} := {careful:s};
      end if;
{stamps:s}
