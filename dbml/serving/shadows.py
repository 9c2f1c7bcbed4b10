"""Shadows answer, and nobody hears them but the log."""

from __future__ import annotations

from dataclasses import dataclass

from dbml import database
from dbml.database import Connection, Progress, Record
from dbml.schema.install import require

# Rows stay unforgettable for as long as a batch takes.
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class _Answered(Record):
    answered: int
    more: bool


def answer_shadows(connection: Connection, progress: Progress | None = None) -> int:
    """Let deferred shadows answer what has been logged since they answered last.

    On an autocommit connection each batch is a transaction of its own; a call that was killed can be repeated, and no
    logged prediction is answered twice. What a transaction logs is answered once none that began before it is running.

    :param progress: called with what is done, how many predictions the shadows made, and the same number.
    :returns: how many predictions the shadows made.
    """
    raw = database.driver(connection)
    total = 0
    with database.translated():
        require(raw)
        while True:
            batch = database.rows(raw, _Answered, "answer_shadows", rows=ROWS_AT_ONCE)[0]
            total += batch.answered
            if progress:
                progress("shadows", total, total)
            if not batch.more:
                return total
