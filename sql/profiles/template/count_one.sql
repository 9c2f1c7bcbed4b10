-- Most statements insert one row: its entity moves without being looked for among others, unless this statement has
-- recounted something.
select {keys},
       {changes},
       exists (select from inserted offset 1) as dbml_more
  into d
  from ({facts}) as f
 {where}
-- Of several rows any will do: the others are asked for below. A session may have a second one be an error.
 limit 1;
if not d.dbml_more and not ({recounted}) then
  update {profile} p
     set {assignments}
   where {matches};
  {not_found}
elsif d.dbml_more is null then
  return new;
else
  {many}
end if;
