"""Alerts: opened and closed by what is wrong, and told where somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dbml import database, errors
from dbml.database import Connection
from dbml.observing.channels import Channel, ChannelFailed, Message
from dbml.schema.install import require


def alerts(connection: Connection, *, closed: bool = False) -> list[dict[str, Any]]:
    """Open alerts, the newest first: rows of ``dbml.alert``.

    :param closed: those that are over as well.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return database.named(raw, "alerts", closed=closed)


def acknowledge(connection: Connection, alert: int) -> None:
    """Say that somebody is at an alert.

    :raises SpecError: there is no open alert of that number.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        database.value(raw, "acknowledge", alert=alert)


def check_alerts(connection: Connection, *, window: timedelta | str = "1 day") -> int:
    """Open an alert for each cause that is there now, and close those whose cause has gone.

    :param window: of drift, as :func:`dbml.drift` takes it.
    :returns: how many were opened.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return int(database.value(raw, "check_alerts", window=window))


def tell(connection: Connection, channels: Sequence[Channel]) -> int:
    """Tell every channel what it has not been told yet; a place that fails is told the next time.

    On an autocommit connection nothing is told twice, unless this is killed between telling and noting it.

    :returns: how many messages went out.
    :raises ServerError: a channel failed; the others were told.
    """
    raw = database.driver(connection)
    told, failed = 0, []
    for channel in channels:
        try:
            for row in database.named(raw, "untold", place=channel.place):
                channel.tell(Message(**row, database=raw.info.dbname))
                database.value(raw, "told", alert=row["id"], place=channel.place, event=row["event"])
                told += 1
        except (ChannelFailed, OSError) as error:
            failed.append(f"{channel.place} could not be told: {error}")
    if failed:
        raise errors.ServerError("; ".join(failed), "It is tried again the next time.")
    return told
