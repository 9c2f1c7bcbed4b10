"""How far what a model sees and answers has moved from what it was made with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dbml import database
from dbml.database import Connection
from dbml.models import versions
from dbml.schema.install import require


def drift(
    connection: Connection,
    name: str,
    *,
    by: str | None = None,
    window: timedelta | str = "1 day",
    as_of: datetime | str | None = None,
    version: int | None = None,
) -> list[dict[str, Any]]:
    """Compare a window of the log with a version's reference, feature by feature.

    It reads histograms that the worker's duty ``histograms`` keeps, or :func:`update_histograms`.

    :param by: a column of the profile: each of its 50 largest segments is compared; this reads the log itself, with the
        caller's rights.
    :param window: its length, in whole hours; it ends with the hour that is running at ``as_of`` (None: now).
    :param version: None: the one that serves.
    :returns: a row of ``dbml.drift()``, or of ``dbml.drift_by()``, for each feature and statistic, and for the score.
        ``state`` is ``alert`` where this window and the one before exceed ``threshold``, ``insufficient_data`` where
        too little is known.
    :raises UnknownModel: there is no such model or version.
    :raises SpecError: ``window`` is no length of time.
    :raises ProfileError: the profile has no column ``by``.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        asked = {"name": name, "window": window, "as_of": as_of, "version": version}
        return database.named(raw, "drift_by", by=by, **asked) if by else database.named(raw, "drift", **asked)


def quality_drift(
    connection: Connection,
    name: str,
    *,
    baseline: timedelta | str = "7 days",
    since: datetime | str | None = None,
    as_of: datetime | str | None = None,
    version: int | None = None,
) -> list[dict[str, Any]]:
    """Tell whether a version predicts worse than in its first time, by the outcomes that are known.

    It may be asked as often as one likes: all looks together raise a false alarm with a probability of 0.01 at most
    (the mixture sequential probability ratio test, as in :func:`dbml.experiment`).

    :param baseline: how long the first time is, from the version's first judged prediction on.
    :param since: compare what came from then on with all before, instead; it has to be settled before one looks.
    :param version: None: the one that serves.
    :returns: one row of ``dbml.quality_drift()``; ``state`` is ``alert``, ``ok`` or ``insufficient_data``.
    :raises UnknownModel: there is no such model or version.
    :raises ProfileError: nothing says what its outcomes are.
    :raises SpecError: ``baseline`` is no length of time.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        versions.require_model(raw, name)
        return database.named(
            raw, "quality_drift", name=name, baseline=baseline, since=since, as_of=as_of, version=version
        )


def set_reference(
    connection: Connection,
    name: str,
    since: datetime | str,
    until: datetime | str | None = None,
    *,
    version: int | None = None,
) -> int:
    """Compare a version from now on with what was logged in a time, instead of with its sample.

    :param until: None: now.
    :param version: None: the one that serves.
    :returns: how many predictions that time has.
    :raises UnknownModel: there is no such model or version.
    :raises SpecError: the log has fewer than 30 predictions of it in that time.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return int(database.value(raw, "set_reference", name=name, since=since, until=until, version=version))


def set_threshold(connection: Connection, name: str, feature: str, statistic: str, value: float | None) -> None:
    """Set the threshold of a statistic of drift; it then stands as it is.

    :param feature: a feature, or ``score``.
    :param value: None brings back the one that is computed.
    :raises ProfileError: the model has no such feature.
    :raises SpecError: there is no such statistic, or ``value`` is no threshold.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        database.value(raw, "set_threshold", name=name, feature=feature, statistic=statistic, value=value)


def uncounted(connection: Connection) -> list[int]:
    """Segments of the log that may have something to count."""
    return database.column(database.driver(connection), "uncounted")


def count_segment(connection: Connection, segment: int) -> int:
    """Count what was committed to a segment since it was counted last; returns how many rows."""
    return int(database.value(database.driver(connection), "count_segment", segment=segment))


def update_histograms(connection: Connection) -> int:
    """Count what was logged since the last call into the histograms that :func:`drift` reads; returns how many rows.

    It may be called at any time, by any number of callers: each row is counted once.
    """
    raw = database.driver(connection)
    with database.translated():
        require(raw)
        return sum(count_segment(raw, segment) for segment in uncounted(raw))
