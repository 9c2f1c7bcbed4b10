      -- Most often a counter has moved, and then nothing else need be looked at.
      if {same_counters:s} then
        if tg_op = 'UPDATE'
           and {same:s} then
          exit dbml_prediction;
        end if;
      end if;
