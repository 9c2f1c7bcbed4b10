insert into dbml.arrival as r (profile, entity)
select distinct {id}, {entity}
  from ({touched}) as d
 where {known}
   and not exists (select from {profile} p where {matches})
   and {recorded}
 order by 2
    on conflict on constraint arrival_pkey do update set at = now();
