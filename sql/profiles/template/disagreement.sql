select {figures}
  from {profile} p
  left join ({totals}) as d on {matches}
