update {profile} p
   set {assignments}
  from {profile} t
  {totals}
 where {same}
   and ({conditions})
