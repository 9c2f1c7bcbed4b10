"""Upkeep of the log of predictions."""

from __future__ import annotations

from collections.abc import Sequence

from dbml import database
from dbml.database import Connection
from dbml.profiles.tables import table_facts
from dbml.schema.install import require


def forget(connection: Connection, table: str, key: Sequence[object]) -> int:
    """Erase what dbml has kept of one entity: its logged predictions with their features, and its failures.

    What was counted over many entities stays, and so does the entity's row in the profile.

    :param key: a value for each column of the profile's key, in its order.
    :returns: how many rows were erased.
    :raises ProfileError: the table is not attached, or its key has more or fewer columns.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        table_facts(raw, table)  # where there is none, it names the nearest
        return int(database.value(raw, "forget", table=table, entity=[str(value) for value in key]))


def rotate(connection: Connection, keep: str | None = None) -> int:
    """Open the next segment of the log when it is time, index those that are closed, and drop old ones.

    It waits for nobody: a segment that somebody still uses is left to the next call.

    :param keep: how long a closed segment is kept, an interval as PostgreSQL reads it; None: for ever.
    :returns: how many segments were opened, indexed or dropped.
    :raises DbmlError: ``keep`` is shorter than a day, which a segment lasts.
    :raises psycopg.DataError: ``keep`` is no interval.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return int(database.value(raw, "rotate_log", keep=keep))
