(pg_stat_get_xact_tuples_inserted('dbml.recount'::regclass) > 0 or current_setting('track_counts') = 'off') and dbml._recounted()
