create or replace view dbml.prediction_log as
select l.at,
       l.profile::text as profile,
       l.entity,
       l.model,
       l.version,
       l.arm,
       l.score,
       case when l.numbers is not null then (
         select jsonb_object_agg(f.name, case f.kind when 'text' then to_jsonb(l.texts[f.place]) else to_jsonb(l.numbers[f.place]) end)
           from (select f.value ->> 'name' as name, f.value ->> 'kind' as kind,
                        row_number() over (partition by f.value ->> 'kind' = 'text' order by f.ordinality) as place
                   from dbml.model_version v
                  cross join lateral jsonb_array_elements(v.interface -> 'features') with ordinality f
                  where v.model = l.model and v.version = l.version) f) end as features,
       l.failure,
       -- What was set stands behind an equals sign; else it is the application's name, which may hold a traceparent.
       case when l.trace like '=%' then substr(l.trace, 2)
            else substring(l.trace from '00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}') end as trace,
       l.numbers,
       l.texts,
       (select jsonb_build_object('base', e.base, 'contributions',
                 (select jsonb_object_agg(f.value ->> 'name', e.contributions[f.ordinality])
                    from dbml.model_version v
                   cross join lateral jsonb_array_elements(v.interface -> 'features') with ordinality f
                   where v.model = e.model and v.version = e.version))
          from dbml.explanation e
         where e.at = l.at and e.profile = l.profile and e.model = l.model and e.version = l.version and e.entity = l.entity) as explanation
  from dbml.log l;
comment on view dbml.prediction_log is
  'Every logged prediction: when, for whom, by which version and arm, the score, what the model saw, why there is no score, the features as they are stored: numbers and texts, each in the version''s order; and what each added, where that is explained.';
