select distinct {keys}
  from ({facts}) as f
 {where}
