"""How good predictions were, once it is known what came true."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dbml import database
from dbml.database import Connection
from dbml.models import versions
from dbml.schema.install import require


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
