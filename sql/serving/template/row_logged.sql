    if tg_op = 'INSERT' then
      -- Of a row that is not written, or that a restored dump brings, there is no prediction to tell.
      if {of_another:s} or not exists (select from dbml.profile p where p.id = {profile:L}) then
        exit dbml_prediction;
      end if;
    end if;
{moved:s}{insert:s}
