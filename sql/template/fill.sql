update {profile} p
   set {assignments}
  from {profile} t
  left join ({delta}) as d on {matches_t}
 where {same}
   and ({differing})
