"""A load test: events at a rate of their own, with dbml and without it, in turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from dbml import database
from dbml.capacity import mix as mixes
from dbml.capacity import openloop
from dbml.capacity.copies import require_copy
from dbml.capacity.openloop import Taken
from dbml.database import Name, relation
from dbml.profiles.catalog import Attachment

# Statements that a session does before anything counts: the fifth is prepared, and the model is loaded by then.
WARM_UP = 10
# With and without in turns, so that a machine that gets slower does so to both.
TURNS = ("with", "without", "without", "with")


@dataclass(frozen=True)
class Load:
    """What is asked of the server.

    :param rate: events a second.
    :param seconds: of each arm.
    :param clients: sessions; an event waits for one that is free.
    :param burst: see :func:`dbml.capacity.openloop.arrivals`.
    :param skew: see :func:`dbml.capacity.openloop.chosen`.
    :param weights: event table → its share.
    :param statement: instead of inserts into the event tables.
    """

    rate: float = 100.0
    seconds: float = 30.0
    clients: int = 8
    burst: float = 1.0
    skew: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
    statement: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Arm(database.Record):
    """What was seen of the server with dbml, or without it. Times are milliseconds.

    :param arm: ``with`` dbml's triggers, or ``without`` them.
    :param n: events that were done, or never begun.
    :param rate: events done a second.
    :param p50: latency from the intended start; so are the other percentiles and ``max``.
    :param service_p50: from the real start, when a session was free: what a closed loop would tell.
    :param failures: SQLSTATE → statements, which are not in the percentiles.
    :param unsent: events that were never begun because the server was too far behind.
    """

    arm: str
    n: int
    rate: float
    p50: float | None
    p90: float | None
    p99: float | None
    p999: float | None
    max: float | None
    service_p50: float | None
    service_p99: float | None
    failed: int
    failures: dict[str, int]
    unsent: int


@dataclass(frozen=True)
class Report:
    """A load test's result.

    :param taken: arm → every event's latency, for pictures.
    """

    database: str
    profile: str
    events: list[str]
    load: Load
    arms: list[Arm]
    taken: dict[str, Taken] = field(repr=False)


def loadtest(dsn: str | None, table: str | None, load: Load, *, write: bool = False, bare: bool = True) -> Report:
    """Insert events at a rate, and say how long they took. The events stay.

    Half of each arm comes before the other and half behind it. For the arm ``without``, dbml's triggers on the profile
    and its event tables are disabled; afterwards the counters lack its events, until ``dbml reconcile --repair``.

    :param table: the profile; None where there is only one.
    :param write: the caller means it.
    :param bare: with an arm ``without``.
    :raises LoadTestError: the database is not marked as a copy, ``write`` is not said, or events cannot be made up.
    :raises ProfileError: the table is not attached.
    """
    arms = ("with", "without") if bare else ("with",)
    random = np.random.default_rng(load.seed)
    turns = [turn for turn in TURNS if turn in arms]
    with database.connect(dsn) as connection:
        connection.autocommit = True
        attached = mixes.attachment(connection, table)
        count = round(load.rate * load.seconds * len(arms))
        about = ", ".join(dict.fromkeys(str(each) for _, each in attached.events)) or str(attached.table)
        require_copy(connection, write, f"about {count} events of {about}" if load.statement is None else "a load")
        mix = mixes.mix(connection, attached, weights=load.weights, statement=load.statement, random=random)
        taken: dict[str, list[Taken]] = {arm: [] for arm in arms}
        for turn in turns:
            with _triggers_off(connection, attached, turn == "without"):
                taken[turn].append(_turn(dsn, mix, load, load.seconds / 2, random))
        name = connection.info.dbname
    whole = {arm: openloop.together(parts) for arm, parts in taken.items()}
    return Report(
        name,
        str(attached.table),
        [source.table for source in mix.sources],
        load,
        [summary(arm, parts) for arm, parts in whole.items()],
        whole,
    )


def _turn(dsn: str | None, mix: mixes.Mix, load: Load, seconds: float, random: np.random.Generator) -> Taken:
    moments = openloop.arrivals(load.rate, seconds, load.burst, random)
    events, warm_up = mix.drawn(len(moments), load.skew, random), mix.drawn(WARM_UP, load.skew, random)
    with ExitStack() as stack:
        sessions = [stack.enter_context(database.connect(dsn)) for _ in range(load.clients)]
        for session in sessions:
            session.autocommit = True
            act = warm_up.by(session)
            for number in range(WARM_UP):
                act(number)
        return openloop.run(moments, [events.by(session) for session in sessions])


@contextmanager
def _triggers_off(connection: psycopg.Connection[Any], attached: Attachment, off: bool) -> Iterator[None]:
    """Let dbml's triggers do nothing for a while."""
    tables = [attached.table.oid, *(table.oid for _, table in attached.events)]
    found = database.named(connection, "own_triggers", tables=tables) if off else []

    def switch(how: str) -> None:
        with connection.transaction():
            for row in found:
                connection.execute(
                    sql.SQL("alter table {} {} trigger {}").format(
                        relation([row["schema"], row["name"]]), sql.SQL(how), Name(row["trigger"])
                    )
                )

    switch("disable")
    try:
        yield
    finally:
        switch("enable")


def summary(arm: str, taken: Taken) -> Arm:
    """An arm in figures."""
    latencies, services = 1000 * taken.latencies, 1000 * taken.services
    return Arm(
        arm=arm,
        n=len(latencies),
        rate=round(len(services) / taken.seconds, 1),
        p50=openloop.percentile(latencies, 50),
        p90=openloop.percentile(latencies, 90),
        p99=openloop.percentile(latencies, 99),
        p999=openloop.percentile(latencies, 99.9),
        max=openloop.percentile(latencies, 100),
        service_p50=openloop.percentile(services, 50),
        service_p99=openloop.percentile(services, 99),
        failed=sum(taken.failures.values()),
        failures=dict(taken.failures),
        unsent=taken.unsent,
    )
