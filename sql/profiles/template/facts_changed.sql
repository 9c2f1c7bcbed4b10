with new_facts as (
  {inserted}
),
old_facts as (
  {deleted}
)
select *, true as added from (table new_facts except all table old_facts) as n
 union all
select *, false from (table old_facts except all table new_facts) as o
