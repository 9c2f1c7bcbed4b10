-- Overlaps by an hour: a transaction that began before the last time counted by its own, earlier clock.
select e.followed_until - interval '1 hour'
  into dbml_since
  from dbml.event e
 where e.profile = {id} and e.position = {position}
   for no key update;
-- Numbers go on behind those that were taken.
select greatest((select max(e.due_after) from dbml.event e where e.profile = {id}),
                (select max(w.number) from dbml.due w where w.profile = {id}))
  into dbml_number;
insert into dbml.due (profile, number, position, entity, at)
select {id}, dbml_number + row_number() over (order by {key}), {position}, {entity}, now()
  from {profile} dbml_b
  join (select distinct {keys}
          from ({facts}) as f
         {where}) as d on {matches};
if not found then
  update dbml.event as e
     set followed_until = now()
   where e.profile = {id} and e.position = {position}
     and not exists (select from dbml.due w
                      where w.profile = {id} and w.number > e.due_after and w.position = {position});
end if;
