    -- A counter has moved, and nobody wants a score now: that is nearly all that happens here, and needs no block that sets
    -- aside what fails, for what is compared is planned with types that fit.
    if tg_op = 'UPDATE' and not ({same_counters:s}) and {same_score:s} then
      insert into dbml.queue (profile, model, entity) values ({profile:L}, {model:L}, {entity:s});
{checks:s}
      return new;
    end if;
