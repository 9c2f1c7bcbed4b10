"""Scoring anew what stands in attached tables, in batches by their key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from dbml import database
from dbml.database import Connection, Progress
from dbml.models import versions
from dbml.profiles.watched import Tell, watched
from dbml.schema.install import require

# Rows stay locked for as long as a batch takes.
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Ready:
    """A profile that is ready to be scored anew.

    :param profile: its number.
    :param rows: about how many there are.
    """

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
    :param reached: the key of its last row; None at the end.
    """

    scored: int
    reached: list[str] | None


def rescore(
    connection: Connection,
    name: str,
    *,
    every: bool = False,
    stale: bool = False,
    rate: float | None = None,
    progress: Progress | None = None,
) -> int:
    """Score the rows of every profile of a model that do not have their score from the deployed version.

    Rows are taken in batches by their key. On an autocommit connection each batch is a transaction of its own, and
    what is done is not done again: a call that was killed can be repeated and goes on. Where nothing tells what is
    done (no version column, or features that are expressions), every row is scored.

    :param every: rows of the deployed version as well.
    :param stale: only the rows that could not be scored when they last changed.
    :param rate: at most so many rows a second.
    :param progress: called with the profile's name, the rows scored and about how many there are.
    :returns: how many rows got a score; those that the model refused are not among them.
    :raises UnknownModel: no such model, or none of its versions is deployed.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        total, tried, began = 0, 0, time.monotonic()
        at_once = ROWS_AT_ONCE if rate is None else max(1, min(ROWS_AT_ONCE, int(rate / 4)))
        windowed = {found.profile: found for found in database.rows(raw, Windowed, "due_profiles")}
        with watched(raw, "rescore", progress) as tell:
            for ready in database.rows(raw, Ready, "start_rescore", name=name, stale=stale):
                scored = 0
                if ready.profile in windowed and not stale:
                    _move_due(raw, windowed[ready.profile], tell)
                for batch in batches(raw, ready.profile, name, at_once, every=every, stale=stale):
                    scored += batch.scored
                    total += batch.scored
                    about = max(ready.rows, scored) if batch.reached else scored
                    tell(ready.profile, ready.name, scored, about)
                    if rate is not None and batch.reached:
                        tried += at_once
                        time.sleep(max(0.0, began + tried / rate - time.monotonic()))
        if raw.autocommit:
            database.value(raw, "forget_failures")
        return total


def batches(
    raw: psycopg.Connection[Any], profile: int, name: str, rows: int, *, every: bool = False, stale: bool = False
) -> Iterator[Batch]:
    """Score the rows of one profile as :func:`rescore` does; yields each batch when it is done."""
    after = None
    while True:
        batch = database.rows(
            raw, Batch, "rescore_batch", profile=profile, name=name, after=after, rows=rows, every=every, stale=stale
        )[0]
        yield batch
        after = batch.reached
        if after is None:
            return


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
    while (batch := database.value(raw, "expire_due", profile=found.profile, rows=ROWS_AT_ONCE)) is not None:
        moved += batch
        done = min(done + ROWS_AT_ONCE, due)
        tell(found.profile, f"windows of {found.name}", done, due)
    return moved
