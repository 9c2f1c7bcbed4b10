begin
  if dbml_scorer.{fits:I}(tg_relid) then
{counters:s}
{waits:s}
{generated:s}
  elsif dbml_scorer.{fits:I}(tg_relid) is null then
    -- Types have changed since: a session that was open fails in what it has planned, another does not.
    begin
{counters:s}
{generated:s}
    exception when syntax_error_or_access_rule_violation or feature_not_supported then
      perform dbml._miss({profile:L}, sqlstate, sqlerrm);
      return new;
    end;
  else
    perform dbml._miss({profile:L}, null, 'a row''s columns are not what they were');
    return new;
  end if;
{predictions:s}
{checks:s}
  return new;
end
