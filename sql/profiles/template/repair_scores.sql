-- In key order, or a statement on several rows could wait for this one, and this one for it.
with dbml_h as materialized (
  select {key}
    from {profile} dbml_b
   where {entities}
   order by {key}
     for no key update
)
-- Changing the score is what makes the row's trigger compute it anew.
update {profile} dbml_b
   set {column} = case when dbml_b.{column} is null then {touched} end
  from dbml_h
 where {same}
