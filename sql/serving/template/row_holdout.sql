      if {held_out:s} then
        dbml_arm := 'holdout';
      end if;
