  <<dbml_prediction>>
  declare
    -- Whose score it is, for whatever records it.
    dbml_arm text := 'control';
    dbml_version integer := {version:s};
{bucket:s}
{log_declared:s}
  begin
    begin
      -- A session that was open when a column changed its type fails here already.
{unchanged:s}
{score:s}
    exception when others then
{failed:s}
    end;
{queue:s}
    -- Where no row has ever failed, the table need not be asked.
    if pg_sequence_last_value('dbml.failures'::regclass) is not null then
      if exists (select from dbml.failure f where f.profile = {profile:L} and f.model = {model:L} and f.entity = {entity:s})
         and not ({of_another:s}) then
        delete from dbml.failure f where f.profile = {profile:L} and f.model = {model:L} and f.entity = {entity:s};
      end if;
    end if;
{logged:s}
  end dbml_prediction;
