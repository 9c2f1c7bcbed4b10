{online} or case when current_setting('dbml.recounted', true) <> ''
    then current_setting('dbml.recounted') = extract(epoch from statement_timestamp())::text else false end
