security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
