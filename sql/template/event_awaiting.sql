  -- No foreign key: an event may come before its profile row, even at the same moment. Both sides write one
  -- row here, so that the second waits for the first, and then sees what it did.
  if dbml_found < dbml_entities then
    select array_agg({entity}) into dbml_awaited
      from ({touched}) as d
     where {known}
       and not exists (select from {profile} p where {matches});
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct {id}, u from unnest(dbml_awaited) u where {recorded} order by u
      on conflict on constraint arrival_pkey do update set at = now();
      select array_agg(p.*) into dbml_lost
        from {profile} p
        join ({touched}) as d on {matches}
       where {entity} = any (dbml_awaited);
      if dbml_lost is not null then
        perform dbml_scorer.{recount}(dbml_lost);
      end if;
    end if;
  end if;
