"""Which version serves whom: deploy, rollback, rescore, score, status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from dbml import database
from dbml.database import Connection, Record
from dbml.models import versions
from dbml.profiles import checks
from dbml.profiles.catalog import refuse_half_loaded
from dbml.profiles.tables import table_facts
from dbml.schema.install import require


@dataclass(frozen=True)
class Status(Record):
    """One prediction of a profile, or a profile that has counters only: a row of the view ``dbml.status``.

    :param profile: the table.
    :param prediction: the column; None where there are counters only, as model and on_error.
    :param version: that serves; None where none does.
    :param events: the tables that move its counters.
    :param stale: how many rows could not be scored when they last changed.
    :param last_failure: why, as far as the one who asks may know.
    :param complete: whether it is attached to the end.
    :param broken: what others have changed of its tables, and what was set aside for it: ``dbml repair`` mends both.
    :param hot: share of the table's updates that were HOT, which leave its indexes alone; None before the first.
    :param running: what long acts are at, such as ``reconcile: 40000 of 2000000``.
    """

    profile: str
    prediction: str | None
    model: str | None
    version: int | None
    engine: str | None
    on_error: str | None
    deployed_at: datetime | None
    deployed_by: str | None
    events: list[str] | None
    stale: int
    last_failure_at: datetime | None
    last_failure: str | None
    complete: bool
    broken: list[str]
    hot: float | None
    running: list[str]


@dataclass(frozen=True)
class Predicted:
    """A profile that a model scores.

    :param features: those that are expressions.
    """

    relation: str
    features: dict[str, str]


def deploy(
    connection: Connection, name: str, version: int, *, note: str | None = None, changes: Iterable[str] = ()
) -> int:
    """Make a version serve from the next statement on, in every session.

    No row is written, so nobody waits. Rows scored by an earlier version keep its score until they change, or until
    :func:`dbml.rescore`. Where no version has served, every attached row waits for its first score: commit, then call
    :func:`dbml.rescore` on an autocommit connection, which gives it in batches.

    :param note: why; the view ``dbml.deployment_history`` shows it.
    :param changes: what may be other than that of the version that serves: ``output``, ``features``.
    :returns: how many rows wait for their first score.
    :raises UnknownModel: the version is not there.
    :raises InterfaceChanged: its output or its features are other ones, and ``changes`` does not say so.
    :raises ProfileError: an attached table lacks one of its features.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        found = versions.show(raw, name, version)
        # Names the nearest column; the server checks the same, for those who may not read what is attached.
        if database.value(raw, "may_read_profiles"):
            for predicted in database.rows(raw, Predicted, "predictions", model=name):
                checks.check_features(found, table_facts(raw, predicted.relation), predicted.features)
        return int(database.value(raw, "deploy", name=name, version=version, note=note, changes=list(changes)))


def rollback(connection: Connection, name: str, *, note: str | None = None) -> int:
    """Make the version that served before the present one serve again, from the next statement on.

    As after :func:`deploy`, rows keep their score until :func:`rescore`. A second rollback takes the first one back.

    :param note: why; the view ``dbml.deployment_history`` shows it.
    :returns: the number of the version that serves now.
    :raises UnknownModel: no such model, or none of its other versions has served.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return int(database.value(raw, "rollback", name=name, note=note))


def score(connection: Connection, name: str, features: Mapping[str, Any]) -> float:
    """Score loose feature values with the deployed version.

    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: a feature is missing, has the wrong type, or is refused by the estimator.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return float(database.value(raw, "score", name=name, features=Jsonb(dict(features))))


def status(connection: Connection) -> list[Status]:
    """What is attached, which version serves it, and what could not be scored."""
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        refuse_half_loaded(raw)
        return database.rows(raw, Status, "status")
