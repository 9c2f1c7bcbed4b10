-- Its expressions mean what they mean to dbml.
set search_path = pg_catalog, pg_temp;
select q.at as _at, q.entity as _entity, q.version as _version, q.arm as _arm, q.score as _score, q.outcome as _label{columns}
  from ({exposed}) q
 where q.outcome is not null
 order by q.at, q.entity;
reset search_path;
