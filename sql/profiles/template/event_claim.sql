    select array_agg({entity}) into dbml_awaited
      from ({touched}) as d
     where {known}
       and {entity} <> all (coalesce(dbml_awaited, '{{}}'))
       and not exists (select from {profile} p where {matches});
    if dbml_awaited is not null then
      insert into dbml.arrival as r (profile, entity)
      select distinct {id}, u from unnest(dbml_awaited) u where {recorded} order by u
      on conflict on constraint arrival_pkey do update set at = now();
    end if;
