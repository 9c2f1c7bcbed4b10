-- In key order, or two statements could wait for each other. NO KEY UPDATE, because foreign keys hold KEY SHARE.
perform
   from {profile} p
   join ({touched}) as d on {matches}
  order by {key}
    for no key update of p;
