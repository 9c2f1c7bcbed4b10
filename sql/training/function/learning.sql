-- For labels that come by no table of the spec.
create or replace function dbml.learn(model text, features jsonb, label text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  served dbml.scorer := dbml._deployed(model);
  inputs record;
begin
  if not exists (select from dbml.learn l where l.model = learn.model) then
    raise exception 'nothing says that % learns', quote_literal(model)
      using errcode = 'DB009', hint = 'Add [[learn]] to the spec of its profile, and attach it again.';
  end if;
  if served.model is null then
    perform dbml._not_deployed(model);
  end if;
  inputs := dbml._loose_inputs(served, model, features);
  insert into dbml.label (model, version, label, numbers, texts) values (learn.model, served.version, learn.label, inputs.numbers, inputs.texts);
end
$$;
comment on function dbml.learn(text, jsonb, text) is
  'Gives a model that learns a label for loose values of its features; a worker lets it learn.';

-- Labels are learnt in the order of their transactions' numbers, and only behind the oldest that is still open: so the
-- order does not depend on when a worker looks, and none can come before one that is learnt. Numbers that are ahead of the
-- server's own have come with a dump.
create or replace function dbml._learning_due() returns table (
  model text, how text, every integer, together integer, guard float8, version integer, anchor integer, head integer,
  labels bigint, published bigint, stopped text, waiting bigint, late boolean, shared boolean
)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select l.model, l.how, l.every, l.together, l.guard, v.version, s.anchor, s.head, coalesce(s.labels, 0), coalesce(s.published, 0), s.stopped,
         w.waiting, coalesce(w.oldest < now() - l.within, false)
                    or s.labels > s.published and s.changed_at < now() - l.within,
         exists (select from dbml.serving o where o.model = l.model and o.arm <> 'control' and o.share > 0)
    from (select distinct on (x.model) x.* from dbml.learn x order by x.model, x.profile, x.position) l
    join dbml.serving v on v.model = l.model and v.arm = 'control'
    left join dbml.learning s on s.model = l.model
   cross join lateral (
     select count(*) as waiting, min(q.at) as oldest
       from dbml.label q
      where q.model = l.model
        and (q.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint or q.txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)) w
   order by l.model
$$;
comment on function dbml._learning_due() is 'The models that learn and serve, with how far they are and how many labels wait.';

create or replace function dbml._hold_learning(model text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  perform dbml._hold('what ' || model || ' learns');
end
$$;
comment on function dbml._hold_learning(text) is 'Lets nobody else make versions of what a model learns until the transaction ends.';

create or replace function dbml._learning(model text) returns setof dbml.learning
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.* from dbml.learning s where s.model = _learning.model
$$;
comment on function dbml._learning(text) is 'How far a model has learnt.';

create or replace function dbml._lock_coefficients(model text) returns setof dbml.learning
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.* from dbml.learning s where s.model = _lock_coefficients.model for update
$$;
comment on function dbml._lock_coefficients(text) is 'How far a model has learnt; until the transaction ends nobody moves it.';

create or replace function dbml._learnt(model text, state jsonb, ids bigint[], aside jsonb) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  before dbml.learning;
  attached integer;
begin
  insert into dbml.label_aside (profile, model, version, entity, label, numbers, texts, reason)
  select q.profile, q.model, q.version, q.entity, q.label, q.numbers, q.texts, left(a.value ->> 'reason', 1000)
    from jsonb_array_elements(aside) a
    join dbml.label q on q.id = (a.value ->> 'id')::bigint and q.model = _learnt.model;
  delete from dbml.label q where q.id = any (ids) and q.model = _learnt.model;
  select * into before from dbml.learning s where s.model = _learnt.model for update;
  insert into dbml.learning as s (model, anchor, head, labels, published, loss, anchor_loss, stopped, changed_at, weights, intercept, t, settings)
  select _learnt.model, r.anchor, r.head, r.labels, r.published, r.loss, r.anchor_loss, r.stopped, now(), r.weights, r.intercept, r.t, r.settings
    from jsonb_populate_record(before, state) r
  on conflict on constraint learning_pkey do update
     set (anchor, head, labels, published, loss, anchor_loss, stopped, changed_at, weights, intercept, t, settings)
       = row(excluded.anchor, excluded.head, excluded.labels, excluded.published, excluded.loss, excluded.anchor_loss, excluded.stopped,
             excluded.changed_at, excluded.weights, excluded.intercept, excluded.t, excluded.settings);
  if state ? 'parent' then
    insert into dbml.learned (model, version, parent, parent_sha256, labels, loss, anchor_loss)
    select _learnt.model, (state ->> 'head')::integer, v.version, v.sha256, (state ->> 'made_of')::bigint,
           (state ->> 'loss')::float8, (state ->> 'anchor_loss')::float8
      from dbml.model_version v
     where v.model = _learnt.model and v.version = (state ->> 'parent')::integer;
  end if;
  -- Which function hears of labels depends on it.
  for attached in select distinct l.profile from dbml.learn l where l.model = _learnt.model and l.how = 'transaction' order by 1 loop
    perform dbml._bind(attached);
  end loop;
end
$$;
comment on function dbml._learnt(text, jsonb, bigint[], jsonb) is
  'Notes how far a model has learnt; these labels have been learnt or put aside, and wait no more.';

create or replace function dbml.resume_learning(model text) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
begin
  delete from dbml.learning s where s.model = resume_learning.model and s.stopped is not null;
  if not found then
    raise exception '% has not stopped learning', quote_literal(model)
      using errcode = 'DB031', hint = 'select model, stopped from dbml.learning';
  end if;
end
$$;
comment on function dbml.resume_learning(text) is
  'Lets a model that its guard has stopped learn again, from the version that serves.';
