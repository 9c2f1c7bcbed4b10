select {aggregates}
  from ({facts}) as f
