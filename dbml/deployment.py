"""Which version serves whom: deploy, rollback, rescore, score, status."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from dbml import attachment, database, registry
from dbml.database import Connection
from dbml.install import require

# Rows stay locked for as long as a batch takes.
ROWS_AT_ONCE = 1000

Progress = Callable[[str, int, int], None]


def deploy(connection: Connection, name: str, version: int, *, note: str | None = None) -> int:
    """Make a version serve from the next statement on, in every session.

    Rows scored by an earlier version keep its score until :func:`rescore`; on a model's first deployment
    every attached row is scored.

    :param note: why; the view ``dbml.deployment_history`` shows it.
    :returns: the number of rows scored.
    :raises UnknownModel: the version is not there.
    :raises ProfileError: an attached table lacks one of its features.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        found = registry.show(raw, name, version)
        # Names the nearest column; the server checks the same, for those who may not read what is attached.
        may_read = database.named(raw, "may_read_profiles")[0]["may"]
        for row in database.named(raw, "predictions", model=name) if may_read else ():
            attachment.check_features(found, attachment.table_facts(raw, row["relation"]), row["features"])
        scored: int = database.named(raw, "deploy", name=name, version=version, note=note)[0]["scored"]
        return scored


def rollback(connection: Connection, name: str) -> int:
    """Make the version that served before the present one serve again, from the next statement on.

    As after :func:`deploy`, rows keep their score until :func:`rescore`. A second rollback takes the first one back.

    :returns: the number of the version that serves now.
    :raises UnknownModel: no such model, or none of its other versions has served.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        registry.require_model(raw, name)
        version: int = database.named(raw, "rollback", name=name)[0]["version"]
        return version


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
    :returns: the number of rows scored.
    :raises UnknownModel: no such model, or none of its versions is deployed.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        registry.require_model(raw, name)
        total, began = 0, time.monotonic()
        at_once = ROWS_AT_ONCE if rate is None else max(1, min(ROWS_AT_ONCE, int(rate / 4)))
        for profile in database.named(raw, "start_rescore", name=name, stale=stale):
            scored = 0
            for batch in batches(raw, profile["profile"], name, at_once, every=every, stale=stale):
                scored += batch
                total += batch
                if progress:
                    progress(profile["name"], scored, max(profile["rows"], scored) if batch else scored)
                if rate is not None and batch:
                    time.sleep(max(0.0, began + total / rate - time.monotonic()))
        if raw.autocommit:
            database.named(raw, "forget_failures")
        return total


def batches(
    raw: psycopg.Connection[Any], profile: int, name: str, rows: int, *, every: bool = False, stale: bool = False
) -> Iterator[int]:
    """Score the rows of one profile as :func:`rescore` does; yields the number of each batch, 0 at the end."""
    after = None
    while True:
        batch = database.named(
            raw, "rescore_batch", profile=profile, name=name, after=after, rows=rows, every=every, stale=stale
        )[0]
        yield batch["scored"]
        after = batch["reached"]
        if after is None:
            return


def rescore_due(connection: Connection) -> int:
    """Recount and rescore the entities whose window of time has changed since the last call.

    :returns: the number of rows that moved.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        moved: int = database.named(raw, "rescore_due")[0]["moved"]
        return moved


def score(connection: Connection, name: str, features: Mapping[str, Any]) -> float:
    """Score loose feature values with the deployed version.

    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: a feature is missing, has the wrong type, or is refused by the estimator.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        answer: float = database.named(raw, "score", name=name, features=Jsonb(dict(features)))[0]["score"]
        return answer


def status(connection: Connection) -> list[dict[str, Any]]:
    """What is attached, which version serves it, and what could not be scored: the view ``dbml.status``."""
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return database.query(raw, "select * from dbml.status order by profile, prediction")
