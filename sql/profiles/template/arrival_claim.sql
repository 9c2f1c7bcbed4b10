-- Events of these rows may be coming at this moment; see the events' own triggers.
insert into dbml.arrival as r (profile, entity)
select distinct {id}, {entity}
  from {rows}
 where {recorded}
 order by 2
    on conflict on constraint arrival_pkey do update set at = now();
