declare
  dbml_state dbml.learning;
  dbml_label record;
  dbml_weights float8[];
  dbml_next float8[];
  dbml_x float8[];
  dbml_anchor float8[];
  dbml_intercept float8;
  dbml_t float8;
  dbml_y float8;
  dbml_p float8;
  dbml_anchor_p float8;
  dbml_loss float8;
  dbml_anchor_loss float8;
  dbml_e float8;
  dbml_eta float8;
  dbml_scale float8;
  dbml_update float8;
  dbml_reason text;
  dbml_aside dbml.label_aside[] := '{}';
  dbml_learnt bigint := 0;
begin
  -- Whoever holds the row is the next to learn, and the others wait for his commit. Where a statement would not see what
  -- others have learnt meanwhile, the label waits for a worker.
  if current_setting('transaction_isolation') = 'read committed' then
    select * into dbml_state from dbml.learning s
     where s.model = {model:L} and s.anchor = {anchor:s} and s.stopped is null
       for no key update;
  end if;
  if dbml_state.model is null then
{batched:s}
  end if;
  dbml_weights := dbml_state.weights;
  dbml_intercept := dbml_state.intercept;
  dbml_t := dbml_state.t;
  dbml_loss := dbml_state.loss;
  dbml_anchor_loss := dbml_state.anchor_loss;
  begin
    -- Whoever may deploy gives these: inside the block, so that what is no number costs the application nothing.
    dbml_anchor := {anchor_weights:L};
    for dbml_label in
{labels:s}
       order by l.place
    loop
      begin
        dbml_reason := null;
        dbml_y := {y:s};
        dbml_x := dbml_label.{x:s};
        dbml_p := 0;
        for i in 1 .. cardinality(dbml_x) loop
          dbml_p := dbml_p + dbml_weights[i] * dbml_x[i];
        end loop;
        dbml_p := dbml_p + dbml_intercept;
        if dbml_label.known is null then
          dbml_reason := 'no row of the profile has this key';
        elsif dbml_y is null then
          dbml_reason := 'the model knows no such label';
        elsif (abs(dbml_p) < 'Infinity') is not true or (abs(dbml_y) < 'Infinity') is not true then
          dbml_reason := 'a feature or the label is missing or not finite';
        else
{step:s}
          dbml_t := dbml_t + 1;
          dbml_learnt := dbml_learnt + 1;
        end if;
      exception when others then
        dbml_reason := left(sqlstate || ': ' || sqlerrm, 1000);
      end;
      if dbml_reason is not null then
        dbml_aside := dbml_aside || row(clock_timestamp(), {profile:L}, {model:L}, {version:s}, dbml_label.entity, dbml_label.label,
          dbml_label.numbers, array[]::text[], dbml_reason)::dbml.label_aside;
      end if;
    end loop;
  exception when others then
    dbml_learnt := 0;
    dbml_aside := array(
      select row(clock_timestamp(), {profile:L}, {model:L}, {version:s}, null, to_jsonb(i)::text, null, null,
                 left(sqlstate || ': ' || sqlerrm, 1000))::dbml.label_aside from inserted i);
  end;
  if dbml_aside <> '{}' then
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
