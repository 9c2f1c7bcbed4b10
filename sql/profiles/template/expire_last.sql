-- What has left its windows up to then has been followed, once no row of the table waits any more.
update dbml.event as e
   set followed_until = dbml_at
 where e.profile = {id} and e.followed_until < dbml_at
   and not exists (select from dbml.due w where w.profile = {id} and w.position = e.position);
