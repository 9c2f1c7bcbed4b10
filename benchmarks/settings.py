"""The server that a run starts, and the database that it works in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

DATABASE = "dbml_bench"
# As a server is run, except that nothing happens at a moment of its own choosing: rounds are to be alike.
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    # Every contestant's sessions stay open.
    "max_connections": "250",
}


@contextmanager
def own_database(dsn: str) -> Iterator[str]:
    """Create the run's own database on the server, and drop it afterwards."""
    with psycopg.connect(dsn, autocommit=True) as server:
        name = sql.Identifier(DATABASE)
        if server.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is not None:
            raise SystemExit(
                f'The server has a database "{DATABASE}" already. If nothing needs it: drop database {DATABASE}'
            )
        server.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(name))
        try:
            yield make_conninfo(dsn, dbname=DATABASE)
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(name))
