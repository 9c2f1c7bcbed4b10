      if not ({of_another:s}) then
        perform dbml._record_failure({profile:L}, {model:L}, dbml_version, {entity:s}, sqlstate, sqlerrm);
      end if;
{logged:s}
      exit dbml_prediction;
