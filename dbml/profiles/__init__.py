"""Tables that carry features and scores: the spec, its triggers, and what keeps counters and scores right."""
