select {event_key_as_k}, {aggregates}
        from {source}
       group by {event_key}
