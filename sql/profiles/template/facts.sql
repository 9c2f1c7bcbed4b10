select {columns}
  from {source}
 {where}
