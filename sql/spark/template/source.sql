select {columns} from {table} where {within}
