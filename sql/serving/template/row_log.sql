    insert into dbml.{segment:I} (at, score, profile, version, model, arm, entity, numbers, texts, failure, trace)
    values ({at:s}, {score:s}, {relation:L}::regclass, {version:s}, {model:L}, {arm:s}, {entity:s},
            {numbers:s}, {texts:s}, {failure:s},
            coalesce(nullif(current_setting('dbml.traceparent', true), ''),
                     substring(current_setting('application_name') from '00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}')));
