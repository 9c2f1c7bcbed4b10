"""What an event, a row and a session cost on the server at hand, from a few thousand events."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from dbml import database
from dbml.capacity.mix import Events, Mix
from dbml.profiles.catalog import Attachment

EVENTS = 2_000
# Rows of a table below which a size a row says little.
FEW = 1_000


@dataclass(frozen=True)
class Measured(database.Record):
    """What was measured.

    :param events: that were inserted for it, twice.
    :param cpu: seconds of processor time an event, of the session that inserts it and of what the server does beside.
    :param elapsed: seconds from statement to answer, with one session.
    :param by_time: the server does not tell processor time (not Linux, or no right): ``cpu`` is the time elapsed, which
        is more.
    :param memory: bytes that a session has for itself after its first events; None where the server does not tell.
    :param wal: bytes of write-ahead log an event, whole pages left out.
    :param profile_row: bytes of the profile and its indexes a row.
    :param profile_heap: bytes of the profile alone a row.
    :param event_row: bytes of an event with its indexes, by table.
    :param logged: predictions that an event logs, on average.
    :param log_row: bytes of a logged prediction, indexed; None where nothing is logged.
    """

    events: int
    cpu: float
    elapsed: float
    by_time: bool
    memory: float | None
    wal: float
    profile_row: float
    profile_heap: float
    event_row: float
    logged: float
    log_row: float | None


def measure(
    connection: psycopg.Connection[Any], session: psycopg.Connection[Any], attached: Attachment, mix: Mix
) -> Measured:
    """Insert events one after the other on a session in autocommit mode, and look what that took.

    The same entities are gone through twice, and the second time counts: pages that a checkpoint has left alone are
    then in the write-ahead log already, which :mod:`dbml.capacity.formula` puts there by itself.
    """
    for table in (attached.table, *(table for _, table in attached.events)):
        connection.execute(sql.SQL("analyze {}").format(table.identifier))
    events = mix.drawn(EVENTS, 0.0, np.random.default_rng(1))
    told = bool(database.value(connection, "may_see_processes")) and _linux(session)
    _through(session, events)
    since: datetime = session.execute("select clock_timestamp()").fetchone()[0]  # type: ignore[index]
    tables = {table.oid for _, table in attached.events}
    beside, own, before = _beside(connection, told), _own(session, told), _wal(connection)
    sizes = {oid: database.value(connection, "stored_bytes", table=oid) for oid in tables}
    began = time.perf_counter()
    _through(session, events)
    elapsed = (time.perf_counter() - began) / EVENTS
    wal, after, beside_after = _wal(connection) - before, _own(session, told), _beside(connection, told)
    cpu = after["cpu"] - own["cpu"] + sum(used - beside.get(pid, used) for pid, used in beside_after.items())
    logged, log_row = _log(connection, since)
    rows = {oid: database.value(connection, "rows_about", table=oid) or 0 for oid in (attached.table.oid, *tables)}
    profile = attached.table.oid
    of_profile = max(rows[profile], 1)
    return Measured(
        events=EVENTS,
        cpu=cpu / 1e9 / EVENTS if told else elapsed,
        elapsed=elapsed,
        by_time=not told,
        memory=after["memory"] * 1024 if told else None,
        wal=wal / EVENTS,
        profile_row=database.value(connection, "stored_bytes", table=profile) / of_profile,
        profile_heap=database.value(connection, "heap_bytes", table=profile) / of_profile,
        event_row=_event_row(connection, mix, attached, rows, sizes),
        logged=logged / EVENTS,
        log_row=log_row,
    )


def _linux(session: psycopg.Connection[Any]) -> bool:
    try:
        return _own(session, True)["cpu"] is not None
    except psycopg.Error:
        return False


def _own(session: psycopg.Connection[Any], told: bool) -> dict[str, Any]:
    return database.named(session, "session_use")[0] if told else {"cpu": 0.0, "memory": None}


def _beside(connection: psycopg.Connection[Any], told: bool) -> dict[int, float]:
    found = database.named(connection, "server_use") if told else []
    return {row["pid"]: row["cpu"] for row in found if row["cpu"] is not None}


def _wal(connection: psycopg.Connection[Any]) -> float:
    return float(database.value(connection, "wal_position"))


def _through(session: psycopg.Connection[Any], events: Events) -> None:
    act = events.by(session)
    for number in range(EVENTS):
        act(number)


def _event_row(
    connection: psycopg.Connection[Any],
    mix: Mix,
    attached: Attachment,
    rows: dict[int, int],
    before: dict[int, int],
) -> float:
    """Bytes of an event, weighted as the tables are: of all that are there, or of those that came."""
    names = {str(table): table.oid for _, table in attached.events}
    total = sum(source.weight for source in mix.sources)
    found = 0.0
    for source in mix.sources:
        oid = names.get(source.table)
        if oid is None:
            continue
        size, share = database.value(connection, "stored_bytes", table=oid), source.weight / total
        found += share * size / rows[oid] if rows[oid] >= FEW else (size - before[oid]) / EVENTS
    return found


def _log(connection: psycopg.Connection[Any], since: datetime) -> tuple[int, float | None]:
    """How many predictions were logged since then, and the bytes of one."""
    with connection.transaction(force_rollback=True):
        for statement in database.queries()["log_copied"].split(";"):
            connection.execute(database.verbatim(statement), {"since": since} if "%(since)s" in statement else None)
        copied = database.named(connection, "log_bytes")[0]
    return copied["n"], copied["bytes"] / copied["n"] if copied["n"] else None
