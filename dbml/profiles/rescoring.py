"""Scoring anew what stands in attached tables, in batches by their key."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection, Progress
from dbml.models import versions
from dbml.profiles.pace import Pace
from dbml.profiles.watched import Tell, watched
from dbml.schema.install import require

# Rows stay locked for as long as a batch takes.
ROWS_AT_ONCE = 1000
# Where several sessions share a table; whoever has ended his range takes the next.
ROWS_IN_A_RANGE = 20_000
SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True)
class Walk:
    """A range of a profile's rows that is ready to be scored in batches. The server knows its keys.

    :param walk: its number.
    :param name: the profile's, which ``profile`` numbers.
    :param rows: about how many the profile has.
    """

    walk: int
    profile: int
    name: str
    rows: int


@dataclass(frozen=True)
class Windowed:
    """A profile that has counters over a window of time.

    :param profile: its number.
    :param waiting: how many of its entities are known to be due.
    """

    profile: int
    name: str
    waiting: int


@dataclass(frozen=True)
class Batch:
    """What a batch has come to.

    :param scored: rows that got a score; those that the model refused are not among them.
    :param ended: nothing is left of its range.
    """

    scored: int
    ended: bool


def rescore(
    connection: Connection,
    name: str,
    *,
    every: bool = False,
    stale: bool = False,
    rate: float | None = None,
    sessions: Sequence[psycopg.Connection[Any]] = (),
    progress: Progress | None = None,
) -> int:
    """Score the rows of every profile of a model that do not have their score from the deployed version.

    Rows are taken in batches by their key. On an autocommit connection each batch is a transaction of its own, and
    what is done is not done again: a call that was killed can be repeated and goes on. Where nothing tells what is
    done (no version column, or features that are expressions), every row is scored.

    :param every: rows of the deployed version as well.
    :param stale: only the rows that could not be scored when they last changed.
    :param rate: at most so many rows a second; of one session alone.
    :param sessions: further connections that take part, each in a range of keys at a time. All, ``connection`` too,
        are in autocommit mode: they could not see each other's transaction.
    :param progress: called with the profile's name, the rows scored and about how many there are.
    :returns: how many rows got a score; those that the model refused are not among them.
    :raises UnknownModel: no such model, or none of its versions is deployed.
    :raises ValueError: further sessions with a rate, or without autocommit.
    """
    raw = database.driver(connection)
    if sessions and (rate is not None or not all(session.autocommit for session in (raw, *sessions))):
        raise ValueError("several sessions score in autocommit mode, and without a rate")
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        windowed = {found.profile: found for found in database.rows(raw, Windowed, "due_profiles")}
        apart = ROWS_IN_A_RANGE if sessions else None
        walks = database.rows(raw, Walk, "start_rescore", name=name, stale=stale, every=every, apart=apart)
        scored = dict.fromkeys((walk.profile for walk in walks), 0)
        left = [walk.profile for walk in walks]
        with watched(raw, "rescore", progress) as tell:
            for profile in [] if stale else scored.keys() & windowed.keys():
                _move_due(raw, windowed[profile], tell)
            for walk, batch in _shared((raw, *sessions), walks) if sessions else _paced(raw, walks, rate):
                scored[walk.profile] += batch.scored
                done = scored[walk.profile]
                if batch.ended:
                    left.remove(walk.profile)
                tell(walk.profile, walk.name, done, max(walk.rows, done) if walk.profile in left else done)
        if raw.autocommit:
            database.value(raw, "forget_failures")
        return sum(scored.values())


def batches(raw: psycopg.Connection[Any], walk: int, pace: Pace) -> Iterator[Batch]:
    """Score a range of rows; yields each batch when it is done."""
    while True:
        with pace.batch() as rows:
            batch = database.rows(raw, Batch, "walk_on", walk=walk, rows=rows)[0]
        yield batch
        if batch.ended:
            return


def _paced(raw: psycopg.Connection[Any], walks: Sequence[Walk], rate: float | None) -> Iterator[tuple[Walk, Batch]]:
    """Score one range after the other, at most so many rows a second."""
    tried, began = 0, time.monotonic()
    pace = Pace(ROWS_AT_ONCE) if rate is None else Pace(max(1, min(ROWS_AT_ONCE, int(rate / 4))), steady=True)
    for walk in walks:
        for batch in batches(raw, walk.walk, pace):
            yield walk, batch
            if rate is not None and not batch.ended:
                tried += pace.rows
                time.sleep(max(0.0, began + tried / rate - time.monotonic()))


def _shared(sessions: Sequence[psycopg.Connection[Any]], walks: Sequence[Walk]) -> Iterator[tuple[Walk, Batch]]:
    """Score the ranges in all sessions at once; each takes the next one when it has ended one."""
    waiting: SimpleQueue[Walk] = SimpleQueue()
    for walk in walks:
        waiting.put(walk)
    done: SimpleQueue[tuple[Walk, Batch]] = SimpleQueue()
    stop = Event()

    def work(session: psycopg.Connection[Any]) -> None:
        while not stop.is_set():
            try:
                walk = waiting.get_nowait()
            except Empty:
                return
            for batch in batches(session, walk.walk, Pace(ROWS_AT_ONCE)):
                done.put((walk, batch))
                if stop.is_set():
                    return

    with ThreadPoolExecutor(len(sessions)) as pool:
        workers: list[Future[None]] = [pool.submit(work, session) for session in sessions]
        try:
            while True:
                ended = [worker for worker in workers if worker.done()]
                for worker in ended:
                    worker.result()
                try:
                    yield done.get(timeout=SECONDS_BETWEEN_LOOKS)
                except Empty:
                    if len(ended) == len(workers):
                        return
        finally:
            stop.set()


def rescore_due(connection: Connection, progress: Progress | None = None) -> int:
    """Recount and rescore the entities whose window of time has changed since the last call.

    On an autocommit connection, who is due is written down first, and then taken in batches, each a transaction that
    locks its rows in order of their key. A call that was killed goes on where it stopped.

    :param progress: called with the profile's name, the entities done and how many are due.
    :returns: the number of rows that moved; a row that moved for two event tables counts twice.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        if not raw.autocommit:
            return int(database.value(raw, "rescore_due"))
        with watched(raw, "rescore --due", progress) as tell:
            moved = sum(_move_due(raw, found, tell) for found in database.rows(raw, Windowed, "due_profiles"))
        database.value(raw, "forget_arrivals")
        return moved


def _move_due(raw: psycopg.Connection[Any], found: Windowed, tell: Tell) -> int:
    database.value(raw, "collect_due", profile=found.profile)
    due = next(d.waiting for d in database.rows(raw, Windowed, "due_profiles") if d.profile == found.profile)
    moved = done = 0
    pace = Pace(ROWS_AT_ONCE)
    while True:
        with pace.batch() as rows:
            batch = database.value(raw, "expire_due", profile=found.profile, rows=rows)
        if batch is None:
            return moved
        moved += batch
        done = min(done + rows, due)
        tell(found.profile, f"windows of {found.name}", done, due)
