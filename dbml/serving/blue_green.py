"""Blue and green: a version scores every row aside, and then its scores take the place of the present ones at once."""

from __future__ import annotations

from dataclasses import dataclass

from dbml import database
from dbml.database import Connection, Progress, Record
from dbml.models import versions
from dbml.profiles import rescoring
from dbml.profiles.pace import Pace
from dbml.schema.install import require

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Comparison(Record):
    """What green would change in one profile, of what it has scored aside: a row of ``dbml.comparison()``.

    :param rows: of the profile; ``scored`` of them have a score by green as they are now.
    :param refused: rows that green cannot score.
    :param moved: rows whose score changes by more than 1e-9.
    :param mean_move: green's score less the one that stands there.
    :param blue_deciles: nine of them, of the scores that stand there; ``green_deciles`` of green's.
    :param golden_rows: of either version, scored by both.
    """

    profile: str
    blue: int
    green: int
    rows: int
    scored: int
    refused: int
    moved: int
    mean_move: float | None
    largest_move: float | None
    blue_mean: float | None
    green_mean: float | None
    blue_deciles: list[float] | None
    green_deciles: list[float] | None
    golden_rows: int
    golden_moved: int
    golden_largest_move: float | None


def score_aside(connection: Connection, name: str | None = None, *, progress: Progress | None = None) -> int:
    """Let green versions score aside the rows that they have not scored as they are now.

    On an autocommit connection each batch is a transaction of its own; a call that was killed can be repeated, and
    goes on.

    :param name: one model; None: all.
    :param progress: called with the profile's name, the rows scored and about how many there are.
    :returns: how many rows were scored.
    """
    raw = database.driver(connection)
    total = 0
    with database.translated():
        require(raw)
        for walk in database.rows(raw, rescoring.Walk, "start_aside", name=name):
            done = 0
            for batch in rescoring.batches(raw, walk.walk, Pace(ROWS_AT_ONCE, steady=True)):
                done += batch.scored
                if progress:
                    progress(walk.name, done, max(walk.rows, done))
            total += done
    return total


def comparison(connection: Connection, name: str) -> list[Comparison]:
    """Compare what green has scored aside with what stands in the profiles; nothing where no blue-green runs.

    :raises UnknownModel: there is no such model.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return database.rows(raw, Comparison, "comparison", name=name)
