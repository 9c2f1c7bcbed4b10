      if not ({of_another:s}) then
        perform dbml._record_failure({profile:L}, {model:L}, {version:L}, {entity:s}, sqlstate, sqlerrm);
      end if;
      exit dbml_prediction;
