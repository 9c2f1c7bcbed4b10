         when {model:L} then dbml_scorer.{scorer:I}(c)
