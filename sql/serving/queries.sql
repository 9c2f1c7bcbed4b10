-- name: bind
-- Makes those scoring functions of a profile anew that are not as they should be.
select dbml._bind(%(profile)s, false) as changed;

-- name: deploy
-- Makes a version serve; how many rows wait for their first score.
select dbml.deploy(%(name)s, %(version)s, %(note)s, %(changes)s);

-- name: deploy_by_migration
-- Makes a version serve until the migration is undone.
select dbml._deploy_by_migration(%(name)s, %(version)s, %(note)s, %(changes)s, %(rescore)s);

-- name: undeploy
-- Lets what served before a version serve again.
select dbml._undeploy(%(name)s, %(version)s, %(note)s, %(rescore)s);

-- name: rollback
-- Makes the version serve that served before the present one.
select dbml.rollback(%(name)s, %(note)s);

-- name: deployed_versions
-- The version of a model that serves, and how many have served.
select s.version,
       (select count(distinct d.version) from dbml.deployment d where d.model = s.model) as versions
  from dbml.serving s
 where s.model = %(model)s;

-- name: deployed_engines
-- Every version that serves, with its engine.
select m.name, m.version, m.engine
  from dbml.model m
 where m.deployed
 order by m.name;

-- name: status
-- What is attached, which version serves it, and what could not be scored.
select profile, prediction, model, version, engine, on_error, deployed_at, deployed_by, events, stale,
       last_failure_at, last_failure, complete
  from dbml.status
 order by profile, prediction;

-- name: score
-- Scores loose values by the version that serves.
select dbml.score(%(name)s, %(features)s) as score;
