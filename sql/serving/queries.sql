-- name: bind
-- Makes those scoring functions of a profile that are not as they should be, or all anew.
select dbml._bind(%(profile)s, %(anew)s) as changed;

-- name: deploy
-- Makes a version serve; how many rows wait for their first score.
select dbml.deploy(%(name)s, %(version)s, %(note)s, %(changes)s);

-- name: deploy_by_strategy
-- Puts a version beside the one that serves.
select dbml.deploy(%(name)s, %(version)s, %(note)s, %(changes)s, %(strategy)s, %(share)s, %(where)s, %(steps)s,
                   %(hold)s::interval, %(failure_limit)s, %(also)s, %(in_statement)s, %(rate)s, %(outcome_guard)s,
                   %(score_limit)s, %(min_exposures)s, %(min_outcomes)s, %(approvals)s, %(signals)s);

-- name: set_share
-- Gives the candidate of a model another share.
select dbml.set_share(%(name)s, %(share)s, %(note)s);

-- name: promote
-- Makes the candidate of a model serve everyone.
select dbml.promote(%(name)s, %(note)s, %(version)s);

-- name: abort
-- Ends the strategy of a model; how many rows were scored by the control again.
select dbml.abort(%(name)s, %(why)s);

-- name: approve
-- Approves the next step of a model's strategy.
select dbml.approve(%(name)s, %(note)s);

-- name: pause
-- Lets the strategy of a model take no step.
select dbml.pause(%(name)s, %(why)s);

-- name: resume_steps
-- Lets the steps of a model's strategy go on.
select dbml.resume(%(name)s, %(note)s);

-- name: advance
-- Takes the steps that are due.
select a.name, a.act, a.share, a.why from dbml.advance(%(name)s) a;

-- name: serving
-- Which version serves which share of a model's entities.
select s.model, s.version, s.arm, s.strategy, s.share, s.since, s.shadow_share, s.waits_for
  from dbml.serving s
 where s.model = %(name)s or %(name)s::text is null
 order by s.model, s.arm <> 'control', s.arm;

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
       (select pg_catalog.count(distinct v.version)
          from (select d.version from dbml.deployment d where d.model = s.model
                 union all
                select c.version from dbml.strategy_act c where c.model = s.model) v) as versions
  from dbml.serving s
 where s.model = %(model)s and s.arm = 'control';

-- name: deployed_engines
-- Every version that serves, with its engine.
select m.name, m.version, m.engine
  from dbml.model m
 where m.deployed
 order by m.name;

-- name: status
-- What is attached, which version serves it, and what could not be scored.
select profile, prediction, model, version, engine, on_error, deployed_at, deployed_by, events, stale,
       last_failure_at, last_failure, complete, broken, hot, running
  from dbml.status
 order by profile, prediction;

-- name: score
-- Scores loose values by the version that serves.
select dbml.score(%(name)s, %(features)s) as score;

-- name: scores
-- Scores the rows of a table or of a query.
select s.key, s.version, s.score, s.outputs from dbml.scores(%(name)s, %(rows)s) s;

-- name: key_to_score_by
-- The qualified name of a table, the columns of its key, and about how many rows it has.
select n.nspname as schema, c.relname as table,
       dbml._key_of_rows(pg_catalog.split_part(%(name)s, '@', 1), c.oid,
         array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as key
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid = %(table)s::regclass::oid;

-- name: export_snapshot
-- Lets other sessions see what this transaction sees.
select pg_catalog.pg_export_snapshot();

-- name: answer_shadows
-- Lets deferred shadows answer about so many logged predictions.
select a.answered, a.more from dbml._answer_shadows(%(rows)s) a;

-- name: start_aside
-- Begins to score the rows of profiles aside, by green versions.
select * from dbml._start_aside(%(name)s);

-- name: comparison
-- What green would change.
select c.* from dbml.comparison(%(name)s) c;

-- name: broken_profiles
-- Profiles whose tables others have changed since, and what they have changed.
select distinct s.profile, s.broken from dbml.status s where s.broken <> '{}';

-- name: hashed_profiles
-- Profiles whose entities have their arms by a hash of the key.
select p.relation::text as profile
  from dbml.profile p
 where dbml._bucket_column(p) is null and exists (select from dbml.prediction r where r.profile = p.id)
 order by p.id;

-- name: hashes_differ
-- Whether this server hashes keys otherwise than others.
select dbml._hashes_differ();

-- name: may_ask_hashes
-- Whether that can be asked: an earlier release does not have the function.
select coalesce(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('dbml._hashes_differ()'), 'execute'), false);

-- name: resume
-- Lets the strategy go on that ended last.
select dbml._resume(%(name)s, %(note)s, %(rescore)s);

-- name: rescore_in_one
-- Scores every row of a model anew in this transaction.
select dbml.rescore(%(name)s);

-- name: promote_by_migration
-- Makes the candidate of a model serve everyone, and scores every row anew.
select dbml._promote_by_migration(%(name)s, %(note)s, %(rescore)s, %(version)s);

-- name: checks_added
-- CHECK and NOT NULL constraints on what dbml writes that a profile's functions do not check themselves, and keys.
select p.relation::text as profile, k.what, k.name, null as mend
  from dbml.profile p
 cross join lateral dbml._checked(p) k
  join pg_proc f on f.pronamespace = 'dbml_scorer'::regnamespace and f.proname = pg_catalog.format('profile_%s_score', p.id)
 where position(pg_catalog.quote_literal(pg_catalog.replace(k.message, '%%', '%%%%')) in f.prosrc) = 0
 union all
select p.relation::text, k.what, k.name, k.mend
  from dbml.profile p
 cross join lateral dbml._shown_keys(p.relation, p.key::text[], array(
   select pg_catalog.jsonb_object_keys(e.counters) from dbml.event e where e.profile = p.id
    union
   select pg_catalog.unnest(dbml._written(r)) from dbml.prediction r where r.profile = p.id)) k
 order by 1, 2, 3;

-- name: updates
-- The share of a profile's updates that leave its indexes alone, and the indexes on what dbml writes; of a few nothing can be told.
select u.profile, u.hot::float8 / u.updated as hot,
       array(select i.indexrelid::regclass::text
               from pg_index i
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
              where i.indrelid = u.relation
                and (exists (select from dbml.event e where e.profile = u.id and e.counters ? a.attname::text)
                     or exists (select from dbml.prediction r where r.profile = u.id and a.attname = any (dbml._written(r))))
              order by 1) as indexes
  from (select p.id, p.relation::oid as relation, p.relation::text as profile,
               pg_catalog.sum(s.n_tup_upd) as updated, pg_catalog.sum(s.n_tup_hot_upd) as hot
          from dbml.profile p
         cross join lateral (select p.relation::oid as relid union select t.relid::oid from pg_catalog.pg_partition_tree(p.relation) t) t
          join pg_stat_all_tables s on s.relid = t.relid
         group by p.id) u
 where u.updated >= 1000
 order by 1;
