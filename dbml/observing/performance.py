"""How good predictions were, once it is known what came true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dbml import database
from dbml.database import Connection
from dbml.models import versions
from dbml.schema.install import require


@dataclass(frozen=True)
class Quality:
    """How predictions did against what came true, on a day or in a tenth of the score.

    :param bin: the tenth, from 1.
    :param score: and ``outcome``: means.
    :param error: mean squared error.
    :param spread: standard deviation of the squared error.
    """

    day: datetime | None
    bin: int | None
    n: int
    score: float
    outcome: float
    error: float
    spread: float


def performance(
    connection: Connection, name: str, *, by: str | None = None, as_of: datetime | str | None = None
) -> list[dict[str, Any]]:
    """Judge the logged predictions of a model that are older than its outcome's horizon.

    :param by: ``version``, ``arm``, ``day`` (of the prediction), or a column of the profile.
    :param as_of: what was known then; None: now.
    :returns: a row of ``dbml.performance()`` for each group: ``auc``, ``log_loss``, ``brier`` and ``accuracy`` for a
        probability, as :mod:`sklearn.metrics` defines them, ``mae``, ``rmse`` and ``bias`` for a value.
    :raises UnknownModel: there is no such model.
    :raises ProfileError: nothing says what its outcomes are, or the profile has no such column.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return database.named(raw, "performance", name=name, by=by, as_of=as_of)


def estimated_performance(
    connection: Connection, name: str, *, window: timedelta | str = "30 days", as_of: datetime | str | None = None
) -> list[dict[str, Any]]:
    """Estimate how good probabilities are whose outcome is not known, as if they were calibrated.

    A row with the score p counts as p of a positive and 1 - p of a negative one: confidence-based performance
    estimation (CBPE), as NannyML calls it. Where the scores are not calibrated, or no longer are, it is wrong.

    :param window: which predictions, by their time; it ends with the hour that is running at ``as_of`` (None: now).
    :returns: a row for each version: ``auc``, ``log_loss``, ``brier`` and ``accuracy``.
    :raises UnknownModel: there is no such model.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return database.named(raw, "estimated_performance", name=name, window=window, as_of=as_of)
