declare
  dbml_label record;
  dbml_weights float8[];
  dbml_next float8[];
  dbml_x float8[];
{anchor_weights:s}
  dbml_intercept float8;
  dbml_t float8;
  dbml_y float8;
  dbml_p float8;
  dbml_loss float8;
  dbml_anchor_loss float8;
  dbml_e float8;
  dbml_eta float8;
  dbml_scale float8;
  dbml_update float8;
  dbml_aside dbml.label_aside[];
  dbml_learnt bigint := 0;
begin
  -- Whoever holds the row is the next to learn, and the others wait for his commit. Where a statement would not see what
  -- others have learnt meanwhile, the label waits for a worker.
  if current_setting('transaction_isolation') = 'read committed' then
    select s.weights, s.intercept, s.t, s.loss, s.anchor_loss
      into dbml_weights, dbml_intercept, dbml_t, dbml_loss, dbml_anchor_loss
      from dbml.learning s
     where s.model = {model:L} and s.anchor = {anchor:s} and s.stopped is null
       for no key update;
  end if;
  if dbml_weights is null then
{batched:s}
  end if;
  begin
{anchor_values:s}
    -- No join, which might bring the labels in another order; and no sort, which one label need not pay for.
    for dbml_label in
      select array[{entity:s}] as entity, l.label, (select array[{inputs:s}]::float8[] from {relation:s} c where {same:s}) as inputs
        from (select {keys:s}, ({value:s}
                     )::text as label
                from inserted) l
    loop
      begin
        dbml_y := {y:s};
        dbml_x := dbml_label.inputs{x:s};
        dbml_p := 0;
        for i in 1 .. {features:s} loop
          dbml_p := dbml_p + dbml_weights[i] * dbml_x[i];
        end loop;
        dbml_p := dbml_p + dbml_intercept;
        if abs(dbml_p) < 'Infinity' and abs(dbml_y) < 'Infinity' then
{step:s}
          dbml_t := dbml_t + 1;
          dbml_learnt := dbml_learnt + 1;
        else
          dbml_aside := dbml_aside || row(clock_timestamp(), {profile:L}, {model:L}, {version:s}, dbml_label.entity, dbml_label.label,
            dbml_label.inputs[:{features:s}], array[]::text[],
            case when dbml_label.inputs is null then 'no row of the profile has this key'
                 when dbml_y is null then 'the model knows no such label'
                 else 'a feature or the label is missing or not finite' end)::dbml.label_aside;
        end if;
      exception when others then
        dbml_aside := dbml_aside || row(clock_timestamp(), {profile:L}, {model:L}, {version:s}, dbml_label.entity, dbml_label.label,
          dbml_label.inputs[:{features:s}], array[]::text[], left(sqlstate || ': ' || sqlerrm, 1000))::dbml.label_aside;
      end;
    end loop;
  exception when others then
    dbml_learnt := 0;
    dbml_aside := array(
      select row(clock_timestamp(), {profile:L}, {model:L}, {version:s}, null, to_jsonb(i)::text, null, null,
                 left(sqlstate || ': ' || sqlerrm, 1000))::dbml.label_aside from inserted i);
  end;
  if dbml_aside is not null then
    insert into dbml.label_aside select (a).* from unnest(dbml_aside) a;
  end if;
  if dbml_learnt > 0 then
    update dbml.learning s
       set weights = dbml_weights, intercept = dbml_intercept, t = dbml_t, labels = s.labels + dbml_learnt,
           loss = dbml_loss, anchor_loss = dbml_anchor_loss
     where s.model = {model:L};
  end if;
  return null;
end
