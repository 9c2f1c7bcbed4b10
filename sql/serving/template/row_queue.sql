    -- Outside the block, which would take a transaction number of its own. What a restored dump brings has its score.
    if dbml_queued then
      insert into dbml.queue (profile, model, entity)
      select {profile:L}, {model:L}, {entity:s} where exists (select from dbml.profile p where p.id = {profile:L});
      exit dbml_prediction;
    end if;
