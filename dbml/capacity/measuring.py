"""What an event, a row and a session cost on the server at hand, from a few thousand events."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from dbml import database
from dbml.capacity import openloop
from dbml.capacity.mix import Events, Mix
from dbml.capacity.openloop import Act
from dbml.profiles.catalog import Attachment

EVENTS = 2_000
# Times that they are inserted.
TIMES = 4
# Events a second that are tried: with fewer it would take too long, and a client of one process bears no more.
LEAST, MOST = 100.0, 1_000.0


@dataclass(frozen=True)
class Measured(database.Record):
    """What was measured.

    :param events: that were inserted for it, each time.
    :param cpu: seconds of processor time an event, of the session that inserts it and of what the server does beside.
    :param elapsed: seconds from statement to answer.
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
    connection: psycopg.Connection[Any],
    sessions: Sequence[psycopg.Connection[Any]],
    attached: Attachment,
    mix: Mix,
    rate: float,
) -> Measured:
    """Insert events on sessions in autocommit mode, and look what that took.

    First one after the other, twice, which tells how many the server bears. Then as they will come, at moments of their
    own: a session that has slept finds its caches cold, and needs two or three times the processor time of one that is
    always busy.

    The same entities are gone through each time, and of all times but the first the one with the least write-ahead log
    counts. It has no whole pages, which come again behind each checkpoint: :mod:`dbml.capacity.formula` adds those.

    :param rate: events a second to be; at most half of what one session can do are tried.
    """
    for table in (attached.table, *(table for _, table in attached.events)):
        connection.execute(sql.SQL("analyze {}").format(table.identifier))
    random = np.random.default_rng(1)
    events = mix.drawn(EVENTS, 0.0, random)
    told = bool(database.value(connection, "may_see_processes")) and _linux(connection)
    rows = _rows(connection, attached)
    _one_by_one(events, sessions)
    written = _wal(connection)
    tried = max(LEAST, min(rate, _one_by_one(events, sessions) / 2, MOST))
    wal = [_wal(connection) - written]
    since: datetime = connection.execute("select clock_timestamp()").fetchone()[0]  # type: ignore[index]
    before, written = _use(connection, sessions, told), _wal(connection)
    taken = openloop.run(openloop.arrivals(tried, EVENTS / tried, 1.0, random), _by(events, sessions))
    wal.append(_wal(connection) - written)
    after = _use(connection, sessions, told)
    logged, log_row = _log(connection, since)
    written = _wal(connection)
    _one_by_one(events, sessions)
    wal.append(_wal(connection) - written)
    elapsed = float(taken.services.mean())
    cpu = sum(used - before.get(process, 0.0) for process, used in after.items()) / 1e9 / EVENTS
    profile = attached.table.oid
    return Measured(
        events=EVENTS,
        cpu=cpu if told else elapsed,
        elapsed=elapsed,
        by_time=not told,
        memory=max(_own(session)["memory"] for session in sessions) * 1024 if told else None,
        wal=min(wal) / EVENTS,
        profile_row=database.value(connection, "stored_bytes", table=profile) / rows[profile],
        profile_heap=database.value(connection, "heap_bytes", table=profile) / rows[profile],
        event_row=_event_row(connection, mix, attached, rows, TIMES * EVENTS),
        logged=logged / EVENTS,
        log_row=log_row,
    )


def _linux(connection: psycopg.Connection[Any]) -> bool:
    try:
        return _own(connection)["cpu"] is not None
    except psycopg.Error:
        return False


def _own(session: psycopg.Connection[Any]) -> dict[str, Any]:
    return database.named(session, "session_use")[0]


def _use(
    connection: psycopg.Connection[Any], sessions: Sequence[psycopg.Connection[Any]], told: bool
) -> dict[int, float]:
    """Nanoseconds of each process: of the sessions, and of the server's own beside them."""
    if not told:
        return {}
    own = {session.info.backend_pid: _own(session)["cpu"] for session in sessions}
    return own | {row["pid"]: row["cpu"] or 0.0 for row in database.named(connection, "server_use")}


def _wal(connection: psycopg.Connection[Any]) -> float:
    return float(database.value(connection, "wal_position"))


def _one_by_one(events: Events, sessions: Sequence[psycopg.Connection[Any]]) -> float:
    """Insert all, a part by each session; returns how many a second that was."""
    began, share = time.perf_counter(), EVENTS // len(sessions)
    for place, act in enumerate(_by(events, sessions)):
        for number in range(place * share, (place + 1) * share):
            act(number)
    return EVENTS / (time.perf_counter() - began)


def _by(events: Events, sessions: Sequence[psycopg.Connection[Any]]) -> list[Act]:
    return [events.by(session) for session in sessions]


def _rows(connection: psycopg.Connection[Any], attached: Attachment) -> dict[int, float]:
    """About how many rows each table has, and one at least."""
    tables = [attached.table.oid, *(table.oid for _, table in attached.events)]
    return {oid: max(1, database.value(connection, "rows_about", table=oid) or 0) for oid in tables}


def _event_row(
    connection: psycopg.Connection[Any], mix: Mix, attached: Attachment, rows: Mapping[int, float], came: int
) -> float:
    """Bytes of an event with its indexes, weighted as the tables are: of what was there and of what came."""
    names = {str(table): table.oid for _, table in attached.events}
    total = sum(source.weight for source in mix.sources)
    found = 0.0
    for source in mix.sources:
        oid, share = names.get(source.table), source.weight / total
        if oid is not None:
            size = database.value(connection, "stored_bytes", table=oid)
            found += share * size / (rows[oid] + came * share)
    return found


def _log(connection: psycopg.Connection[Any], since: datetime) -> tuple[int, float | None]:
    """How many predictions were logged since then, and the bytes of one."""
    with connection.transaction(force_rollback=True):
        for statement in database.queries()["log_copied"].split(";"):
            connection.execute(database.verbatim(statement), {"since": since} if "%(since)s" in statement else None)
        copied = database.named(connection, "log_bytes")[0]
    return copied["n"], copied["bytes"] / copied["n"] if copied["n"] else None
