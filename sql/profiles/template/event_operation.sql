  select count(*), 0 into dbml_entities, dbml_found from ({touched}) as d;
  if dbml_entities = 0 then
    return new;
  end if;
{claim_first}  -- A recount sees what other triggers of the same statement have yet to report, so after one they must
  -- recount as well. A rolled back savepoint takes the mark back together with the recount.
  dbml_recounts := {recounts};
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows. What is
  -- recounted is locked before, so that the next snapshot has all that others did to it.
  if {locks} or dbml_recounts then
    perform
       from {profile} p
       join ({touched}) as d on {matches}
      order by {profile_key}
        for no key update of p;
  end if;
{moving}
