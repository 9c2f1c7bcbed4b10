select distinct {keys}
  from {rows}
