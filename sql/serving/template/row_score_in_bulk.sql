{seen:s}
      declare
        dbml_score float8 := {score:s};
      begin
        -- NULL: the row waits for the end of the statement, and keeps what it has until then.
        if dbml_score is null then
          exit dbml_prediction;
        end if;
        new.{column:I} := dbml_score;
      end;
{stamps:s}
