-- Entities fall into 10,000 buckets, and buckets belong to arms. An arm takes from the control's end, and gives back first
-- what it took last: so 10, 50, 0 and again 10 % are the same entities. The whole is a step function, which can have
-- neither a gap nor an overlap.
create or replace function dbml._allocated(model text) returns table (first integer, last integer, arm text, taken bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select s.bucket, lead(s.bucket, 1, 10000) over (order by s.bucket) - 1, s.arm, s.taken
    from (select l.bucket, l.arm, l.taken from dbml.allocation l where l.model = _allocated.model
           union all
          select 0, 'control', 0
           where not exists (select from dbml.allocation l where l.model = _allocated.model and l.bucket = 0)) s
$$;
comment on function dbml._allocated(text) is 'Which buckets belong to which arm of a model; each of 0 to 9999 to exactly one.';

create or replace function dbml._allot(model text, arm text, buckets integer) returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  turn bigint := (select coalesce(max(l.taken), 0) + 1 from dbml.allocation l where l.model = _allot.model);
  held integer := (select coalesce(sum(s.last - s.first + 1), 0) from dbml._allocated(model) s where s.arm = _allot.arm);
  steps dbml.allocation[];
begin
  with bucket as (
    select b as number, s.arm, s.taken
      from dbml._allocated(model) s
     cross join generate_series(s.first, s.last) b
  ), given as (
    select b.number from bucket b where b.arm = _allot.arm order by b.taken desc, b.number limit greatest(held - buckets, 0)
  ), taken as (
    select b.number from bucket b where b.arm = 'control' order by b.number desc limit greatest(buckets - held, 0)
  ), next as (
    select b.number,
           case when g.number is not null then 'control' when t.number is not null then _allot.arm else b.arm end as arm,
           case when g.number is not null then 0 when t.number is not null then turn else b.taken end as taken
      from bucket b
      left join given g using (number)
      left join taken t using (number)
  ), step as (
    select n.*, lag((n.arm, n.taken)) over (order by n.number) as before from next n
  )
  select array_agg(row(_allot.model, s.number, s.arm, s.taken)::dbml.allocation order by s.number)
    into steps
    from step s
   where s.before is distinct from (s.arm, s.taken);
  delete from dbml.allocation l where l.model = _allot.model;
  insert into dbml.allocation select * from unnest(steps);
end
$$;
comment on function dbml._allot(text, text, integer) is
  'Lets an arm have so many buckets: it takes what it lacks from the control, and gives back first what it took last.';
