select {columns}
  from ({facts}) as f
 {where}
 group by {keys}
