"""Why logged predictions are what they are, for the share of them that a spec asks for."""

from __future__ import annotations

from dataclasses import dataclass

from dbml import database, errors
from dbml.database import Connection, Progress, Record
from dbml.schema.install import require

# Rows stay unforgettable for as long as a batch takes.
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class _Explained(Record):
    explained: int
    more: bool


def explain_log(connection: Connection, progress: Progress | None = None) -> int:
    """Explain what was logged since the last call, of each prediction whose spec has ``explain``.

    On an autocommit connection each batch is a transaction of its own; a call that was killed can be repeated, and no
    prediction is explained twice. What a transaction logs is explained once none that began before it is running.

    :param progress: called with what is done, how many predictions were explained, and the same number.
    :returns: how many predictions were explained.
    :raises ScoringError: a version cannot be explained; says why, after all others were.
    """
    raw = database.driver(connection)
    total = 0
    with database.translated():
        require(raw)
        while True:
            batch = database.rows(raw, _Explained, "explain_logged", rows=ROWS_AT_ONCE)[0]
            total += batch.explained
            if progress:
                progress("explanations", total, total)
            if not batch.more:
                break
        failures = [row["failure"] for row in database.named(raw, "unexplained")]
    if failures:
        raise errors.ScoringError(
            f"not every logged prediction can be explained: {'; '.join(failures)}",
            "docs/explain.md says what can; or leave explain out of the spec.",
        )
    return total
