-- The next batch begins here: behind lie the rows that were removed, which a look from the start would pass each time.
-- What has left its windows up to then has been followed, once no row of the table waits any more.
update dbml.event as e
   set due_after = dbml_last,
       followed_until = case
         when exists (select from dbml.due w where w.profile = {id} and w.number > dbml_last and w.position = e.position)
         then e.followed_until
         else greatest(e.followed_until, dbml_at)
       end
 where e.profile = {id} and dbml_last is not null;
