select {keys},
       {aggregates}
  from ({facts}) as f
 group by {keys}
