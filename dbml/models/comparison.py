"""Two versions of a model side by side: what they take, what they are, how far their scores lie apart."""

from __future__ import annotations

from typing import Any

from dbml import database
from dbml._plpython.agreement import agree
from dbml.database import Connection
from dbml.models import versions
from dbml.schema.install import require


def diff(connection: Connection, name: str, one: int, other: int) -> dict[str, Any]:
    """Compare two versions of a model.

    :returns: ``features`` (``added``, ``removed``, ``changed``, each a list of names), ``differing`` (what else
        differs, to the values of both), ``same_plan`` (None where one has none), and over the golden rows of both that
        have every feature of both: ``rows``, ``moved`` (scores that are not the same), ``largest_move``,
        ``mean_move`` and ``worst`` (the row that moves furthest with both scores).
    :raises UnknownModel: one of them is not there.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        both = [versions.show(raw, name, version) for version in (one, other)]
        plans = [database.named(raw, "plan", name=name, version=version)[0]["plan"] for version in (one, other)]
        rows = database.named(raw, "compare", name=name, one=one, other=other)
    before, after = ({feature["name"]: feature for feature in version["features"]} for version in both)
    moves = [_move(row) for row in rows]
    moved = sum(not agree(row["one_score"], row["other_score"]) for row in rows)
    worst = rows[moves.index(max(moves))] if moved else None
    finite = [move for move in moves if move != float("inf")]
    return {
        "one": f"{name}@{one}",
        "other": f"{name}@{other}",
        "features": {
            "added": [feature for feature in after if feature not in before],
            "removed": [feature for feature in before if feature not in after],
            "changed": [f for f in after if f in before and after[f]["kind"] != before[f]["kind"]],
        },
        "differing": {
            what: [version[what] for version in both]
            for what in ("estimator", "output", "engine", "libraries", "metrics", "sha256", "git_revision", "note")
            if both[0][what] != both[1][what]
        },
        "same_plan": None if None in plans else plans[0] == plans[1],
        "rows": len(rows),
        "moved": moved,
        "largest_move": max(finite, default=0.0),
        "mean_move": sum(finite) / len(finite) if finite else 0.0,
        "worst": worst,
    }


def _move(row: dict[str, Any]) -> float:
    scores = [row["one_score"], row["other_score"]]
    if None in scores:
        return 0.0 if scores == [None, None] else float("inf")
    return abs(float(scores[1]) - float(scores[0]))
