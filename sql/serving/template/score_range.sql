select * from {table} where {within} order by {key}
