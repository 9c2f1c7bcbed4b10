select {keys:s}, ({value:s}
       )::text as label
  from (select (new).*) i
