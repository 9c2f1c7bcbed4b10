#!/bin/sh
# wal2json writes NaN, Infinity and -Infinity as null: a reader of the change stream cannot tell a
# missing feature from one that overflowed. Within an array, NaN stays NaN; an infinite timestamp stays, too.
#
# Why one guesses otherwise: JSON has no NaN, but PostgreSQL's own to_json() writes the string "NaN" for
# just that reason, and wal2json itself writes "infinity" for a timestamp. The columns below
# are NOT NULL, so a target built on the stream gets what the source's own constraint forbids.
#
# Instead: forbid the values with CHECK (x < 'infinity' and x > '-infinity'), which keeps NaN out as well, since
# PostgreSQL sorts it above infinity; or publish the column as text, or as an array of one.
set -eu
bin=/usr/lib/postgresql/15/bin
test -x $bin/initdb || { echo "needs Debian's postgresql-15"; exit 2; }
tmp=$(mktemp -d); chmod 755 "$tmp"; cd "$tmp"
as_server() { if [ "$(id -u)" = 0 ]; then su postgres -c "$*"; else sh -c "$*"; fi; }
trap 'as_server "$bin/pg_ctl -D $tmp/data -m immediate stop" >/dev/null 2>&1 || :; cd /; rm -rf "$tmp"' EXIT
apt-get download -qq postgresql-15-wal2json=2.5-1+b1 2>/dev/null
dpkg -x postgresql-15-wal2json_*.deb plugin
mkdir data && if [ "$(id -u)" = 0 ]; then chown postgres data; fi
as_server "$bin/initdb -D $tmp/data -A trust -U postgres" >/dev/null
as_server "$bin/pg_ctl -D $tmp/data -l $tmp/data/log -w start -o '-k $tmp/data -c listen_addresses= \
    -c wal_level=logical -c dynamic_library_path=$tmp/plugin/usr/lib/postgresql/15/lib:\\\$libdir'" >/dev/null
as_server "psql -XAtq -h $tmp/data -U postgres postgres" >seen.txt <<'SQL'
select 'PostgreSQL ' || current_setting('server_version');
create table score (id int primary key, x float8 not null, n numeric not null, list float8[], until timestamp);
select from pg_create_logical_replication_slot('s', 'wal2json');
insert into score values (1, 'NaN', 'NaN', '{NaN,1}', 'infinity'), (2, 'infinity', 'infinity', '{1}', '2026-01-01');
select 'guess: ' || to_jsonb(score)::text from score order by id;
select 'seen:  ' || jsonb_object_agg(c ->> 'name', c -> 'value')::text from pg_logical_slot_get_changes('s', null, null,
    'format-version', '2') as change, json_array_elements(data::json -> 'columns') as c
    where data::json ->> 'action' = 'I' group by data order by data;
select pg_drop_replication_slot('s');
SQL
echo "wal2json 2.5"; cat seen.txt
if [ "$(grep -c '^seen:.*"n": null, "x": null' seen.txt)" = 2 ] && grep -q '^seen:.*{NaN,1}.*infinity' seen.txt; then
    echo "as described"
else
    echo "CHANGED"; exit 1
fi
