"""Why a score: what each feature of a row adds to it, what a change did, and which features matter over many rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from dbml import database, errors
from dbml.database import Connection, Record
from dbml.schema.install import require

MARGIN, PROBABILITY = "margin", "probability"


@dataclass(frozen=True)
class Contribution(Record):
    """What one feature of a row adds.

    :param value: as text; None where it is missing.
    """

    feature: str
    value: str | None
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """Why a row has its score: the base and the contributions add up to its margin, or to its probability.

    :param model: a name, or ``churn@2``.
    :param base: what the model answers where nothing is known.
    """

    model: str
    scale: str
    base: float
    contributions: list[Contribution]

    @property
    def total(self) -> float:
        """The margin, or the probability."""
        return self.base + sum(one.contribution for one in self.contributions)

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {**vars(self), "total": self.total, "contributions": [dict(one) for one in self.contributions]}


@dataclass(frozen=True)
class Change(Record):
    """What one feature that changed did to the score."""

    feature: str
    old_value: str | None
    new_value: str | None
    contribution: float


@dataclass(frozen=True)
class Importance(Record):
    """How much a feature matters: the mean size of its contributions."""

    feature: str
    importance: float


@dataclass(frozen=True)
class _Profile:
    schema: str
    table: str
    key: list[str]


def explain(
    connection: Connection,
    name: str,
    features: Mapping[str, Any] | None = None,
    *,
    key: Sequence[object] = (),
    scale: str = MARGIN,
) -> Explanation:
    """Explain the score of loose feature values, or of a row of the profile.

    :param name: the model, or ``churn@2``.
    :param key: a value for each column of the profile's key, where no features are given.
    :param scale: ``margin``, what the model adds up, or ``probability``: there each contribution is scaled by the same
        factor, so that all add up to the score.
    :raises UnknownModel: nothing of that name is deployed.
    :raises ProfileError: no profile is scored by the model, or it has no row of that key.
    :raises ScoringError: the row is refused, or the model cannot be explained; says why.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        if features is not None:
            found = database.named(raw, "explain", name=name, features=Jsonb(dict(features)), scale=scale)
        else:
            found = _by_key(raw, name, [str(value) for value in key], scale)
    contributions = [Contribution(row["feature"], row["value"], row["contribution"]) for row in found]
    return Explanation(name, scale, float(found[0]["base"]), contributions)


def _by_key(raw: Any, name: str, key: Sequence[str], scale: str) -> list[dict[str, Any]]:
    profile = profile_of(raw, name)
    table = database.relation([profile.schema, profile.table])
    if len(profile.key) != len(key):
        raise errors.ProfileError(
            f"the key of {profile.schema}.{profile.table} is {', '.join(profile.key)}, and {len(key)} values are given",
            "Give a value for each of its columns, in this order.",
        )
    # A literal without a type takes the type of the column that it is compared with.
    equal = [
        sql.SQL("c.{} = {}").format(sql.Identifier(column), sql.Literal(value))
        for column, value in zip(profile.key, key, strict=True)
    ]
    query = database.template(
        "observing/explain_by_key",
        table=table,
        model=sql.Literal(name),
        scale=sql.Literal(scale),
        within=sql.SQL(" and ").join(equal),
    )
    with raw.cursor(row_factory=dict_row) as cursor:
        found: list[dict[str, Any]] = cursor.execute(query).fetchall()
    if not found:
        raise errors.ProfileError(
            f"{profile.schema}.{profile.table} has no row with the key {', '.join(key)}",
            "Give the key of a row that is there.",
        )
    return found


def profile_of(raw: Any, name: str) -> _Profile:
    """The table that a model scores.

    :raises ProfileError: there is none.
    """
    found = database.rows(raw, _Profile, "profile_of", name=name)
    if not found:
        raise errors.ProfileError(
            f"no profile is scored by {name}", "Give loose values: dbml explain … --rows FILE.csv"
        )
    return found[0]


def explain_change(connection: Connection, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Divide the change of a score among the features that changed; the contributions add up to new less old.

    :param old: loose feature values, as ``new``.
    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: a row is refused, or more than ten features changed.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return database.rows(raw, Change, "explain_change", name=name, old=Jsonb(dict(old)), new=Jsonb(dict(new)))


def importance(connection: Connection, name: str, rows: str | None = None, *, scale: str = MARGIN) -> list[Importance]:
    """Say how much each feature matters over many rows, the most important first.

    :param rows: a table's name, or a query that yields the features; left out, the profile that the model scores.
    :raises UnknownModel: nothing of that name is deployed.
    :raises ScoringError: the model cannot be explained; says why.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        if rows is None:
            profile = profile_of(raw, name)
            rows = database.relation([profile.schema, profile.table]).as_string(raw)
        return database.rows(raw, Importance, "importance", name=name, rows=rows, scale=scale)
