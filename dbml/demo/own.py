"""A database of the demo's own on a server that was given, gone without a trace when the demo ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dbml.errors import DbmlError

DATABASE = "dbml_demo"
APPLICATION = "dbml_demo_app"
ROLES = ("dbml_owner", "dbml_deployer", "dbml_analyst")


@contextmanager
def own_database(dsn: str, keep: bool) -> Iterator[str]:
    """Create the demo's database on a given server; drop it, and the roles that came with it, at the end."""
    dsn = dsn.replace("postgresql+psycopg://", "postgresql://", 1)
    database, role = sql.Identifier(DATABASE), sql.Identifier(APPLICATION)
    with psycopg.connect(dsn, autocommit=True) as server:
        if server.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            raise DbmlError(
                f'the server has a database "{DATABASE}" already, perhaps kept by an earlier demo',
                f"If nothing in it is needed: drop database {DATABASE}",
            )
        before = _roles(server)
        server.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(database))
        kept = False
        try:
            yield make_conninfo(dsn, dbname=DATABASE)
            kept = keep
        finally:
            if not kept:
                server.execute(sql.SQL("drop database {} with (force)").format(database))
                server.execute(sql.SQL("drop role if exists {}").format(role))
                for name in _roles(server) - before:
                    _drop_unused(server, name)


def _roles(server: psycopg.Connection[Any]) -> set[str]:
    rows = server.execute("select rolname from pg_roles where rolname = any(%s)", [[*ROLES]])
    return {row[0] for row in rows}


def _drop_unused(server: psycopg.Connection[Any], name: str) -> None:
    # Another database may have installed dbml in the meantime.
    with suppress(psycopg.errors.DependentObjectsStillExist):
        server.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
