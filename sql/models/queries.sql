-- name: models
-- Every stored version, or those of one model.
select *
  from dbml.model
 where name = %(name)s or %(name)s::text is null
 order by name, version;

-- name: lock_model
-- Lets nobody else add a version of a model until the transaction ends.
select dbml._lock_model(%(name)s);

-- name: next_version
-- The number that the next version of a model gets.
select coalesce(pg_catalog.max(m.version), 0) + 1 as version
  from dbml.model m
 where m.name = %(name)s;

-- name: same_version
-- The version that an identical file was stored as.
select version
  from dbml.model
 where name = %(name)s
   and pg_catalog.starts_with(fingerprint, %(fingerprint)s);

-- name: add_version
-- Stores a version.
select dbml._add_version(
         model => %(name)s, version => %(version)s, engine => %(engine)s, fingerprint => %(fingerprint)s,
         sha256 => %(sha256)s, interface => %(interface)s, golden => %(golden)s, libraries => %(libraries)s,
         training_summary => %(training_summary)s, artifact => %(artifact)s, plan => %(plan)s,
         expression => %(expression)s::text[], careful_expression => %(careful_expression)s::text[], metrics => %(metrics)s, git_revision => %(git_revision)s,
         note => %(note)s, migrated => %(migrated)s, kind => %(kind)s) as added;

-- name: add_outputs
-- Stores what a version answers beside its score.
select dbml._add_outputs(
         model => %(name)s, version => %(version)s, fingerprint => %(fingerprint)s, plan => %(plan)s,
         expression => %(expression)s::text[], careful_expression => %(careful_expression)s::text[], golden => %(golden)s) as added;

-- name: add_background
-- Stores what explanations need beside a plan.
select dbml._add_background(%(name)s, %(version)s, %(content)s) as added;

-- name: background
-- What explanations need of a version.
select b.content from dbml.background b where b.model = %(name)s and b.version = %(version)s;

-- name: lacks_background
-- Whether nothing is stored of what explanations need of a version.
select dbml._lacks_background(%(name)s, %(version)s) as lacks;

-- name: remember_version
-- Counts one more migration that has added a version.
select dbml._remember_version(%(name)s, %(version)s);

-- name: remove_version
-- Removes a version that a migration added.
select dbml._remove_version(%(name)s, %(version)s, %(sha256)s);

-- name: remove_idle
-- Removes a version that has never served.
select dbml._remove_idle(%(name)s, %(version)s);

-- name: choose_engine
-- Makes a version run on an engine.
select dbml._choose_engine(%(name)s, %(version)s, %(engine)s, %(parity)s, %(cost)s);

-- name: prepare
-- Makes what an engine needs to score a version.
select dbml._prepare(%(name)s, %(version)s, %(engine)s);

-- name: measure
-- What a score of a version costs by an engine.
select * from dbml._measure(%(name)s, %(version)s, %(engine)s);

-- name: verify
-- Scores a version's golden rows by the engine it runs on.
select * from dbml.verify(%(name)s, %(version)s);

-- name: verify_engine
-- Scores a version's golden rows by an engine of one's choice.
select * from dbml._verify(%(name)s, %(version)s, %(engine)s);

-- name: content
-- All that an export needs of a version.
select model || '@' || version as label, kind, artifact, sha256, interface, golden, plan::text as plan, libraries
  from dbml.model_version
 where model = %(name)s and version = %(version)s;

-- name: plan
-- The plan of a version as it was stored.
select dbml._plan(%(name)s, %(version)s) as plan;

-- name: compare
-- The golden rows of two versions, scored by both.
select * from dbml.compare(%(name)s, %(one)s, %(other)s);

-- name: add_signature
-- Stores a key's signature of a version.
select dbml._add_signature(%(name)s, %(version)s, %(public_key)s, %(signature)s) as public_key;

-- name: version_signatures
-- Who signed a version, and whether that counts.
select s.public_key, s.signature, k.public_key is not null as known, k.revoked_at is not null as revoked,
       coalesce(k.owner, k.fingerprint) as owner
  from dbml.version_signature s
  left join dbml.trusted_key k on k.public_key = s.public_key
 where s.model = %(name)s and s.version = %(version)s
 order by s.signed_at, s.public_key;

-- name: unsigned_versions
-- Versions with the engine python that no trusted key has signed.
select v.model,
       v.version,
       exists (select from dbml.serving s where s.model = v.model and s.version = v.version) as deployed
  from dbml.version_engine v
 where v.engine = 'python'
   and not exists (
         select from dbml.version_signature s
           join dbml.trusted_key k on k.public_key = s.public_key
          where s.model = v.model and s.version = v.version and k.revoked_at is null)
 order by v.model, v.version;

-- name: python_path
-- The folder on the server with the packages that PL/Python's own path lacks.
select value from dbml.setting where name = 'python_path';

-- name: trusted_keys
-- Every public key that is or was trusted, or one of them.
select public_key, fingerprint, owner, added_at, added_by, revoked_at, revoked_by
  from dbml.trusted_key
 where public_key = %(public_key)s or %(public_key)s::text is null
 order by added_at, public_key;

-- name: trust_key
-- Trusts a public key.
select dbml.trust_key(%(public_key)s, %(owner)s) as added;

-- name: introduce_key
-- Trusts a public key that neither is nor was trusted.
select dbml.trust_key(%(public_key)s, %(owner)s)
 where not exists (select from dbml.trusted_key k where k.public_key operator(pg_catalog.=) %(public_key)s);

-- name: revoke_key
-- Trusts a public key no longer.
select dbml.revoke_key(%(key)s) as owner;
