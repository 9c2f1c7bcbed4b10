"""Which of the versions side by side is better, by what came true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dbml import database
from dbml.database import Connection, Record
from dbml.models import versions
from dbml.schema.install import require


@dataclass(frozen=True)
class Arm(Record):
    """An arm of an experiment, and how it compares with the control, for which the differences are None.

    :param n: entities whose outcome is known, older than its horizon.
    :param mean: of their outcomes; 1 and 0 for classes.
    :param difference: of its mean to the control's, within times of constant shares.
    :param low: where the true difference begins; this interval holds at every look, with a probability of 95 %.
    :param evidence: for a difference; 20 (with k arms beside the control 20 k) decides.
    :param p: of no difference; it holds at every look.
    :param state: ``running``, ``better``, ``worse``, ``insufficient`` or ``invalid``.
    :param version: the version of a model that it scores by.
    :param fixed_low: where an interval begins that holds for whoever looks once, at a time fixed before.
    :param says: why nothing can be said.
    """

    arm: str
    n: int
    mean: float | None
    difference: float | None
    low: float | None
    high: float | None
    evidence: float | None
    p: float | None
    state: str
    version: int | None
    fixed_low: float | None
    fixed_high: float | None
    says: str | None


def experiment(
    connection: Connection, name: str, *, covariate: str | None = None, as_of: datetime | str | None = None
) -> list[Arm]:
    """Compare the arms of a model's newest strategy by what came true, the control first.

    :param covariate: a column of the profile with numbers from before the experiment; what it explains of the outcome
        is taken off, which makes the intervals narrower (CUPED).
    :param as_of: what was known then; None: now.
    :raises UnknownModel: there is no such model.
    :raises StrategyError: no strategy has put a version beside the one that serves.
    :raises ProfileError: nothing says what the model's outcomes are, or the column is none for this.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return database.rows(raw, Arm, "experiment", name=name, covariate=covariate, as_of=as_of)
