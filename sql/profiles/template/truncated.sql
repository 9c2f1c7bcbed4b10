#variable_conflict use_column
declare
  dbml_batch {profile}[];
  dbml_last {profile};
begin
  -- In batches, because it may touch every profile row there is. It takes away what an older snapshot does not show; there
  -- every row is written, to fail with 40001 where one has moved since.
  loop
    select array_agg(b.dbml_row) into dbml_batch
      from (select dbml_row
              from {profile} dbml_row
             where ({counted}
                    or current_setting('transaction_isolation') in ('repeatable read', 'serializable'))
               and (dbml_last is null or {row_key} > {last_key})
             order by {order}
             limit 4096) as b;
    exit when dbml_batch is null;
    perform dbml_scorer.{recount}(dbml_batch);
    dbml_last := dbml_batch[cardinality(dbml_batch)];
  end loop;
end
