select {columns}
        from ({rows}) as f
       where {counts}
       group by {keys}
