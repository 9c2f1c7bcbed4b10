((select {columns} from inserted except select {columns} from deleted)
 union all (select {columns} from deleted except select {columns} from inserted))
