select distinct {keys}
        from ({rows}) as f
       where {counts}
