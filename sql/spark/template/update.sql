update {table} as t
   set {assignments}
  from {staging} as s
 where {same_key} and ({old}) is distinct from ({new})
