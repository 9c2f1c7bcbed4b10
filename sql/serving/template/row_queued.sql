      -- Whoever wants a score now changes its column, as the worker does.
      dbml_queued := tg_op = 'INSERT' or new.{column:I} is not distinct from old.{column:I};
      if not dbml_queued then
