create or replace view dbml.model as
select v.model as name,
       v.version,
       e.engine,
       exists (select from dbml.serving s where s.model = v.model and s.version = v.version) as deployed,
       v.interface ->> 'estimator' as estimator,
       v.interface -> 'output' as output,
       v.interface -> 'features' as features,
       v.sha256,
       octet_length(v.artifact) as bytes,
       jsonb_array_length(v.golden -> 'rows') as golden_rows,
       v.libraries,
       v.training_summary,
       v.created_at,
       v.created_by,
       e.parity,
       e.cost,
       v.metrics,
       v.git_revision,
       v.note,
       v.migrated,
       v.fingerprint,
       v.kind,
       array(
         select coalesce(k.owner, k.fingerprint, 'a key not trusted') || case when k.revoked_at is null then '' else ' (revoked)' end
           from dbml.version_signature s
           left join dbml.trusted_key k on k.public_key = s.public_key
          where s.model = v.model and s.version = v.version
          order by s.signed_at, s.public_key
       ) as signed_by,
       -- The fastest first.
       array_remove(array[
         case when v.expression is not null then 'sql' end,
         case when v.plan is not null then 'portable' end,
         case when v.kind = 'joblib' then 'python' end], null) as engines,
       e.chosen_at,
       e.chosen_by
  from dbml.model_version v
  left join dbml.version_engine e on e.model = v.model and e.version = v.version;
comment on view dbml.model is 'Every stored version of every model, without its blob.';
