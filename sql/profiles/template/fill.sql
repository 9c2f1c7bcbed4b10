update {profile} p
   set {assignments}
  from {profile} t
  left join ({totals}) as d on {matches}
 where {same}
   and ({differing})
