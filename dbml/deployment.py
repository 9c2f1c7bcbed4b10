"""Which version serves whom: deploy, rescore, score, status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from dbml import attachment, database, registry
from dbml.database import Connection
from dbml.install import require


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
        for row in database.named(raw, "predictions", model=name):
            attachment.check_features(found, attachment.table_facts(raw, row["relation"]), row["features"])
        scored: int = database.named(raw, "deploy", name=name, version=version, note=note)[0]["scored"]
        return scored


def rescore(connection: Connection, name: str) -> int:
    """Score every row of every profile of a model with its deployed version.

    :returns: the number of rows.
    :raises UnknownModel: no such model, or none of its versions is deployed.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        registry.require_model(raw, name)
        scored: int = database.named(raw, "rescore", name=name)[0]["scored"]
        return scored


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
