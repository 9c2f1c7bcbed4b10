select {figures}
  from {profile} p
  left join ({delta}) as d on {matches}
