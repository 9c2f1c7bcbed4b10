-- Changing the score is what makes the row's trigger compute it anew.
update {profile} dbml_b
   set {column} = case when dbml_b.{column} is null then {touched} end
 where {entities}
