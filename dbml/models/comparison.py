"""Two versions of a model side by side: what they take, what they are, how far their scores lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbml import database
from dbml._plpython.agreement import agree
from dbml.database import Connection, Record
from dbml.models import versions
from dbml.schema.install import require

_COMPARED = ("estimator", "output", "engine", "libraries", "metrics", "sha256", "git_revision", "note")


@dataclass(frozen=True)
class Moved(Record):
    """One golden row by both versions; a refused row has no score."""

    features: dict[str, Any]
    one_score: float | None
    other_score: float | None

    @property
    def move(self) -> float:
        """How far its score moves; infinity where one of them refuses it."""
        if self.one_score is None or self.other_score is None:
            return 0.0 if self.one_score is self.other_score else float("inf")
        return abs(self.other_score - self.one_score)


@dataclass(frozen=True)
class Comparison(Record):
    """What differs between two versions.

    :param one: such as ``churn@1``.
    :param features: ``added``, ``removed`` and ``changed``, each a list of names.
    :param differing: what else differs, to the values of both.
    :param same_plan: None where one has none.
    :param rows: the golden rows of both that have every feature of both.
    :param moved: how many of them have scores that are not the same.
    :param worst: the row that moves furthest, as a mapping.
    """

    one: str
    other: str
    features: dict[str, list[str]]
    differing: dict[str, list[Any]]
    same_plan: bool | None
    rows: int
    moved: int
    largest_move: float
    mean_move: float
    worst: dict[str, Any] | None


def diff(connection: Connection, name: str, one: int, other: int) -> Comparison:
    """Compare two versions of a model.

    :raises UnknownModel: one of them is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        both = [versions.show(raw, name, version) for version in (one, other)]
        plans = [database.value(raw, "plan", name=name, version=version) for version in (one, other)]
        rows = database.rows(raw, Moved, "compare", name=name, one=one, other=other)
    before, after = ({feature["name"]: feature for feature in version.features} for version in both)
    moved = [row for row in rows if not agree(row.one_score, row.other_score)]
    finite = [row.move for row in rows if row.move != float("inf")]
    return Comparison(
        one=str(both[0]),
        other=str(both[1]),
        features={
            "added": [feature for feature in after if feature not in before],
            "removed": [feature for feature in before if feature not in after],
            "changed": [f for f in after if f in before and after[f]["kind"] != before[f]["kind"]],
        },
        differing={what: [both[0][what], both[1][what]] for what in _COMPARED if both[0][what] != both[1][what]},
        same_plan=None if None in plans else plans[0] == plans[1],
        rows=len(rows),
        moved=len(moved),
        largest_move=max(finite, default=0.0),
        mean_move=sum(finite) / len(finite) if finite else 0.0,
        worst=vars(max(moved, key=lambda row: row.move)) if moved else None,
    )
