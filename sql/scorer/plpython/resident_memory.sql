create or replace function dbml._resident_memory() returns float8
language plpython3u
volatile
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
try:
    with open("/proc/self/statm") as statm: return int(statm.read().split()[1]) * 4.0
except OSError: return None
$$;
comment on function dbml._resident_memory() is 'Kilobytes of memory of this session''s process; NULL where Linux''s /proc is not there.';
