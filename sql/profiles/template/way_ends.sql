-- A key may end before it reaches the profile, and be led on at this moment. Both sides write one row for the place where
-- it ends, so that the second waits for the first, and then sees what it did.
insert into dbml.arrival as r (profile, entity)
select distinct {id}, e.dbml_end
  from (select case {cases} end as dbml_end
          from {source} dbml_0
          {joins}) as e
 where e.dbml_end is not null
   and {recorded}
 order by 2
    on conflict on constraint arrival_pkey do update set at = now();
