      if tg_op = 'UPDATE'
         and {same:s} then
        exit dbml_prediction;
      end if;
