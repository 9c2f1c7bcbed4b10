-- A recount by another trigger of this statement has seen what this one has yet to report, so this one recounts as
-- well. A rolled back savepoint takes the mark back together with the recount.
if {recounted} then
  {recount}
else
  {move}
end if;
