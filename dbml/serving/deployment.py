"""Which version serves whom: deploy, rollback, rescore, score, status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from dbml import database
from dbml.database import Connection
from dbml.models import versions
from dbml.profiles import checks
from dbml.profiles.catalog import table_facts
from dbml.schema.install import require


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
        found = versions.show(raw, name, version)
        # Names the nearest column; the server checks the same, for those who may not read what is attached.
        may_read = database.named(raw, "may_read_profiles")[0]["may"]
        for row in database.named(raw, "predictions", model=name) if may_read else ():
            checks.check_features(found, table_facts(raw, row["relation"]), row["features"])
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
        versions.require_model(raw, name)
        version: int = database.named(raw, "rollback", name=name)[0]["version"]
        return version


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
