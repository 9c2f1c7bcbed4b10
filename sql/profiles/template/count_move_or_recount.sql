-- The rows that must be recounted, as they are before the UPDATE.
open dbml_recounts for
{batches};
{prime}
update {profile} p
   set {assignments}
  from ({changes}) as d
 where {matches}
   and ({must_recount}) is not true;
{updated}
loop
  fetch dbml_recounts into dbml_batch;
  exit when not found;
  {recount}
end loop;
close dbml_recounts;
