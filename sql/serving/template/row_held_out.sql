    if dbml_arm = 'holdout' then
      new.{column:I} := null;
    end if;
