"""What keeps load tests away from a database that matters.

A mark that a person gives to a database, and that no copying carries along in either direction: its comment belongs to
the cluster, so that neither ``create database … template`` nor ``pg_dump`` takes it, and only the database's owner can
write it.
"""

from __future__ import annotations

from typing import Any

import psycopg

from dbml import database, errors
from dbml.database import Name

CONSENT = "dbml may write here"


def require_copy(connection: psycopg.Connection[Any], write: bool, what: str) -> None:
    """Refuse to write to a database whose owner has not said that it is a copy, or where nobody said ``--write``.

    :param what: what would be written, for the sentence.
    :raises LoadTestError: so it is.
    """
    name, comment = connection.info.dbname, database.value(connection, "database_comment")
    if CONSENT not in (comment or ""):
        said = Name(name).as_string(None)
        raise errors.LoadTestError(
            f"{what} would be written to {name}, and stay; {name} is not marked as a copy that may be written to",
            f"Make a copy (createdb -T {name} {name}_copy), and say so as its owner: "
            f"comment on database {Name(name + '_copy').as_string(None)} is '{CONSENT}'. "
            f"If {said} is such a copy, comment on it.",
        )
    if not write:
        raise errors.LoadTestError(
            f"{what} would be written to {name}, and stay; nothing was written", "Say --write if that is meant."
        )
