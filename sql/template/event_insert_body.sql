#variable_conflict use_column
declare
  dbml_entities integer;
begin
  select count(*) into dbml_entities from (select distinct {event_key} from inserted limit 2) as d;
  if dbml_entities = 0 then
    return null;
  end if;
  -- One entity locks itself in the UPDATE. Several are locked in key order, or two statements could
  -- wait for each other; NO KEY UPDATE, because foreign keys hold KEY SHARE on the same rows.
  if dbml_entities > 1 then
    perform
       from {profile} p
       join (select distinct {event_key_as_k} from inserted) as d on {matches}
      order by {profile_key}
        for no key update of p;
    -- An estimator takes as long for one row as for thousands: score them together, once.
    if dbml_scorer.{primes}() then
      perform dbml_scorer.{prime}(array_agg(jsonb_populate_record(p.*, jsonb_build_object({moved}))))
         from {profile} p
         join ({delta}) as d on {matches}
        where {touched};
    end if;
  end if;
  update {profile} p
     set {assignments}
    from ({delta}) as d
   where {matches}
     and ({touched});
  return null;
end
