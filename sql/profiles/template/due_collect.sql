-- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
select e.followed_until - interval '1 hour'
  into dbml_since
  from dbml.event e
 where e.profile = {id} and e.position = {position}
   for no key update;
insert into dbml.due (profile, number, position, entity, at)
select {id}, (select coalesce(max(w.number), 0) from dbml.due w where w.profile = {id}) + row_number() over (order by {key}),
       {position}, {entity}, now()
  from {profile} dbml_b
  join (select distinct {keys}
          from ({facts}) as f
         {where}) as d on {matches};
if not found then
  update dbml.event as e
     set followed_until = now()
   where e.profile = {id} and e.position = {position}
     and not exists (select from dbml.due w where w.profile = {id} and w.position = {position});
end if;
