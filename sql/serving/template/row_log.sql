    insert into dbml.{segment:I} (at, score, profile, version, model, arm, entity, numbers, texts, failure, trace)
    values ({at:s}, {score:s}, {relation:L}::regclass, {version:s}, {model:L}, {arm:s}, {entity:s},
            {numbers:s}, {texts:s}, {failure:s},
            -- Whether a trace stands in the second is asked by whoever reads it.
            coalesce('=' || nullif(current_setting('dbml.traceparent', true), ''), current_setting('application_name')));
