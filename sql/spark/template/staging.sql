create unlogged table {staging} as select {columns} from {table} with no data
